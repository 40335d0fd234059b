import type {Target} from '../contract/target.ts';

/** The host that a URL names, an IPv6 address without its brackets. */
export function hostOfUrl(address: Target['address']): string | undefined {
  if (typeof address !== 'string' || !URL.canParse(address)) return undefined;
  const {hostname} = new URL(address);
  return hostname === '' ? undefined : hostname.replace(/^\[(.*)\]$/, '$1');
}
