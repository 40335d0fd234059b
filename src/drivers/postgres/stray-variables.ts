import type {PlannedPlaces, StrayVariable} from '../../contract/driver.ts';
import {isLoopback} from '../../util/is-loopback.ts';
import {uncheckedCertificates} from '../stray-proxies.ts';
import {serverOf} from './address.ts';

/** What `psql` and every client on libpq read, where it is not what the drill works on. */
export function strayVariables(
  variables: Readonly<Record<string, string>>,
  {targets}: PlannedPlaces,
): readonly StrayVariable[] {
  const servers = targets.flatMap(({address}) => (typeof address === 'string' ? (serverOf(address) ?? []) : []));
  const hosts = servers.map(({host}) => host);
  const remote = hosts.find((host) => !isLoopback(host));
  return [
    ...strayHost('PGHOST', variables, hosts),
    ...strayHost('PGHOSTADDR', variables, hosts),
    ...strayValue(
      'PGPORT',
      variables,
      servers.map(({port}) => String(port)),
    ),
    ...strayValue(
      'PGDATABASE',
      variables,
      servers.map(({database}) => database),
    ),
    ...['PGSERVICE', 'PGSERVICEFILE'].flatMap((name) =>
      (variables[name] ?? '') === '' ? [] : [{name, expected: 'be unset', found: 'the name of another place'}],
    ),
    ...(remote === undefined ? [] : uncheckedCertificates(variables, remote)),
  ];
}

function strayHost(
  name: string,
  variables: Readonly<Record<string, string>>,
  hosts: readonly string[],
): readonly StrayVariable[] {
  const isSameMachine = isLoopback(variables[name] ?? '') && hosts.some(isLoopback);
  return isSameMachine ? [] : strayValue(name, variables, hosts);
}

function strayValue(
  name: string,
  {[name]: value = ''}: Readonly<Record<string, string>>,
  planned: readonly string[],
): readonly StrayVariable[] {
  if (value === '' || planned.some((known) => known.toLowerCase() === value.toLowerCase())) return [];
  // A connection string may stand there, with a password in it.
  const found = /^[\w.:/,-]{1,100}$/.test(value) ? `\`${value}\`` : 'something else';
  return [{name, expected: `be ${[...new Set(planned)].join(' or ')}`, found}];
}
