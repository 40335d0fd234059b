import * as z from 'zod';
import type {PlannedPlaces, StrayVariable} from '../../contract/driver.ts';
import {strayProxies} from '../stray-proxies.ts';
import {vaultAddress} from './address.ts';

const known = z.looseObject({namespace: z.string().optional()});

/** What the tools of Vault and OpenBao read, where it is not what the drill works on. */
export function strayVariables(
  variables: Readonly<Record<string, string>>,
  {targets, connections}: PlannedPlaces,
): readonly StrayVariable[] {
  const addresses = targets.map(({address}) => String(address));
  const namespaces = connections.map((input) => plain(known.safeParse(input).data?.namespace ?? ''));
  const stray = (['VAULT', 'BAO'] as const).flatMap((prefix) => [
    ...['ADDR', 'AGENT_ADDR', 'PROXY_ADDR'].flatMap((what) => strayAddress(`${prefix}_${what}`, variables, addresses)),
    ...strayToken(`${prefix}_TOKEN`, variables),
    ...strayNamespace(`${prefix}_NAMESPACE`, variables, namespaces),
  ]);
  return [...stray, ...strayProxies(variables, targets)];
}

function strayAddress(
  name: string,
  {[name]: value = ''}: Readonly<Record<string, string>>,
  addresses: readonly string[],
): readonly StrayVariable[] {
  const address = vaultAddress.safeParse(value);
  if (value === '' || (address.success && addresses.includes(address.data))) return [];
  const found = address.success ? `\`${address.data}\`` : 'what is no URL of Vault';
  return [{name, expected: `be ${addresses.join(' or ')}`, found}];
}

/** What it is, is no matter of a message. */
function strayToken(name: string, {[name]: value = ''}: Readonly<Record<string, string>>): readonly StrayVariable[] {
  return value === '' ? [] : [{name, expected: 'be a credential that the drill names', found: 'another one'}];
}

function strayNamespace(
  name: string,
  {[name]: value = ''}: Readonly<Record<string, string>>,
  namespaces: readonly string[],
): readonly StrayVariable[] {
  if (plain(value) === '' || namespaces.includes(plain(value))) return [];
  const expected = namespaces.every((namespace) => namespace === '')
    ? 'be unset: the drill works in the root namespace'
    : `be \`${namespaces.join('` or `')}\``;
  return [{name, expected, found: `\`${plain(value)}\``}];
}

function plain(namespace: string): string {
  return namespace.replace(/^\/+|\/+$/g, '');
}
