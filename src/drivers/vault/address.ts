import * as z from 'zod';
import type {GuardKind} from '../../contract/driver.ts';
import {hostOfUrl} from '../host-of-url.ts';

/** A URL of Vault in one form: no slash, query or fragment at its end. */
export const vaultAddress = z
  .string()
  .refine(
    (text) => normalForm(text) !== undefined,
    'Expected the URL of Vault, such as `https://vault.example.com:8200`.',
  )
  .transform((text) => normalForm(text) ?? text);

export const guard: GuardKind = {
  address: vaultAddress,
  identity: 'required',
  host: hostOfUrl,
  covers: (entry, target) => entry.address === target.address,
};

function normalForm(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const plain = url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  if (!plain || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}
