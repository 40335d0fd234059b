import type {GuardKind} from '../../contract/driver.ts';
import {hostOfUrl} from '../host-of-url.ts';
import {addressOf, webAddress} from './address.ts';

/** A URL stands for itself and what lies below it, by whole segments of the path: `/shop` covers `/shop/orders`, not `/shopping`. */
export const guard: GuardKind = {
  address: webAddress,
  identity: 'none',
  host: hostOfUrl,
  covers(entry, target) {
    if (typeof entry.address !== 'string' || typeof target.address !== 'string') return false;
    const allowed = addressOf(entry.address);
    const asked = addressOf(target.address);
    if (allowed === undefined || asked === undefined || allowed.origin !== asked.origin) return false;
    const prefix = allowed.pathname.replace(/\/+$/, '');
    return asked.pathname === prefix || asked.pathname.startsWith(`${prefix}/`);
  },
};
