import {lookup} from 'node:dns/promises';
import {isIP} from 'node:net';
import type {Failure} from '../journal/entries.ts';
import type {Plan} from '../plan/plan.ts';
import {allTargets} from '../plan/stray-environment.ts';
import {isLoopback} from '../util/is-loopback.ts';
import type {Lookup, Runtime} from './runtime.ts';

/** As a connection finds its server. */
export const lookUp: Lookup = async (host) => (await lookup(host, {all: true})).map(({address}) => address);

/** Notes where each host name of the plan leads. Returns those that lead nowhere. */
export async function resolveHosts({plan, lookup, resolved, journal}: Runtime): Promise<readonly Failure[]> {
  const found = await lookUpAll(hostsOf(plan), lookup);
  for (const {host, addresses} of found) {
    if (addresses === undefined) continue;
    resolved.set(host, addresses);
    journal({type: 'guard.resolved', data: {host, addresses}});
  }
  return found.flatMap(({host, code}) => (code === undefined ? [] : [unresolvable(host, code)]));
}

/** The host names that lead nowhere where they led at the guard, and those that lead nowhere at all. */
export async function findMoved(
  {lookup, resolved}: Pick<Runtime, 'lookup' | 'resolved'>,
  hosts: readonly string[],
): Promise<{readonly moved: readonly Failure[]; readonly unresolved: readonly Failure[]}> {
  const found = await lookUpAll(hosts, lookup);
  return {
    moved: found.flatMap(({host, addresses}) => {
      const before = resolved.get(host);
      if (before === undefined || addresses === undefined) return [];
      return addresses.some((address) => before.includes(address)) ? [] : [moved(host, before, addresses)];
    }),
    unresolved: found.flatMap(({host, code}) => (code === undefined ? [] : [unresolvable(host, code)])),
  };
}

/** Of the targets that are chosen. An address is where it is, and so is this machine. */
export function hostsOf(
  plan: Plan,
  isMeant: (target: Plan['steps'][number]['call']['targets'][number]) => boolean = () => true,
): readonly string[] {
  const hosts = allTargets(plan)
    .filter(isMeant)
    .flatMap(({kind, address}) => plan.drivers.get(kind)?.guard.host?.(address) ?? []);
  return [...new Set(hosts)].filter((host) => isIP(host) === 0 && !isLoopback(host));
}

type Found =
  | {readonly host: string; readonly addresses: readonly string[]; readonly code?: undefined}
  | {readonly host: string; readonly addresses?: undefined; readonly code: string};

function lookUpAll(hosts: readonly string[], lookup: Lookup): Promise<readonly Found[]> {
  return Promise.all(
    hosts.map(
      (host): Promise<Found> =>
        lookup(host).then(
          (addresses) => ({host, addresses}),
          (error: unknown) => ({
            host,
            code: error instanceof Error && 'code' in error ? String(error.code) : 'no address',
          }),
        ),
    ),
  );
}

function moved(host: string, before: readonly string[], after: readonly string[]): Failure {
  return {
    code: 'guard-moved',
    message: `Expected \`${host}\` to lead to ${before.join(' or ')}, as it did when the run began, and it leads to ${after.join(' and ')}. Find out who changed that, and run again.`,
  };
}

function unresolvable(host: string, code: string): Failure {
  return {
    code: `unreachable:${code}`,
    message: `Expected host \`${host}\` to have an address, got ${code}. Correct it, or what resolves it.`,
  };
}
