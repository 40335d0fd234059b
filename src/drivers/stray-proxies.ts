import {BlockList, isIP} from 'node:net';
import type {StrayVariable} from '../contract/driver.ts';
import type {Target} from '../contract/target.ts';
import {isLoopback} from '../util/is-loopback.ts';

/**
 * The variables by which what is meant for these URLs would be sent through somebody else, or anybody would be believed to
 * be their server. A proxy counts only for hosts that are not loopback and not in NO_PROXY.
 */
export function strayProxies(
  variables: Readonly<Record<string, string>>,
  targets: readonly Target[],
): readonly StrayVariable[] {
  const urls = targets.flatMap(({address}) =>
    typeof address === 'string' && URL.canParse(address) ? [new URL(address)] : [],
  );
  const exempt = variables.no_proxy ?? variables.NO_PROXY ?? '';
  const proxied = urls.filter((url) => !isLoopback(hostOf(url)) && !isExempt(url, exempt));
  const proxies = Object.entries(variables).flatMap(([name, value]): StrayVariable[] => {
    const protocols = protocolsOf[name.toUpperCase()];
    const led = value === '' ? undefined : proxied.find(({protocol}) => protocols?.includes(protocol));
    return led === undefined
      ? []
      : [{name, expected: `be unset, or NO_PROXY to name ${hostOf(led)}`, found: `a proxy at ${placeOf(value)}`}];
  });
  const believed = urls.find(({protocol}) => protocol === 'https:');
  return [...proxies, ...(believed === undefined ? [] : uncheckedCertificates(variables, hostOf(believed)))];
}

/** With it, whoever answers is taken for the server that was meant. */
export function uncheckedCertificates(
  {NODE_TLS_REJECT_UNAUTHORIZED: value}: Readonly<Record<string, string>>,
  host: string,
): readonly StrayVariable[] {
  if (value !== '0') return [];
  const expected = `be unset, so that ${host} has to prove who it is`;
  return [{name: 'NODE_TLS_REJECT_UNAUTHORIZED', expected, found: '`0`'}];
}

const protocolsOf: Readonly<Record<string, readonly string[]>> = {
  HTTP_PROXY: ['http:'],
  HTTPS_PROXY: ['https:'],
  ALL_PROXY: ['http:', 'https:'],
};

function hostOf({hostname}: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** As most tools read it: a name stands for itself and all below it, `*` for every host, a range for the addresses in it. */
function isExempt(url: URL, exempt: string): boolean {
  const host = hostOf(url);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return exempt.split(/[\s,]+/).some((entry) => {
    const found = /^(?:\*?\.)?(?<name>.*?)(?::(?<port>\d+))?$/.exec(entry.toLowerCase())?.groups;
    if (entry === '*' || isInRange(host, entry)) return true;
    if (found?.name === undefined || found.name === '' || (found.port !== undefined && found.port !== port))
      return false;
    return host === found.name || host.endsWith(`.${found.name}`);
  });
}

function isInRange(host: string, entry: string): boolean {
  const [base = '', bits = ''] = entry.split('/');
  const family = isIP(base);
  if (family === 0 || isIP(host) !== family) return false;
  if (bits === '') return host === base;
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return false;
  const range = new BlockList();
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  range.addSubnet(base, Number(bits), kind);
  return range.check(host, kind);
}

/** Without the user and password that may stand in it. */
function placeOf(value: string): string {
  const url = [value, `http://${value}`].find((text) => URL.canParse(text) && new URL(text).host !== '');
  return url === undefined ? 'a place that is no URL' : `\`${new URL(url).host}\``;
}
