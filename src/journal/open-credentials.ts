import type {BegunConnection, Entry} from './entries.ts';

/** What the run worked with, where nothing says that it was ended. First one first. */
export function openCredentials(entries: readonly Entry[]): readonly BegunConnection[] {
  let open: BegunConnection[] = [];
  const last = new Map<string, BegunConnection>();
  for (const {type, data} of entries) {
    if (type === 'connection.began') {
      last.set(data.connection, data);
      open.push(data);
    } else if (type === 'connection.ended') {
      open = open.filter((began) => began.connection !== data.connection);
    } else if (type === 'connection.cleared') {
      open = open.filter((began) => began.connection !== data.connection || began === last.get(data.connection));
    }
  }
  return open;
}

/** What a person does to end it, should nobody else. Holds no secret. */
export function describeOpenCredential({connection, facts, left}: BegunConnection): string {
  const told = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
  return `Connection \`${connection}\`: ${left ?? `revoke the run's own credential (${told.join(', ')}).`}`;
}

/**
 * What is left to do for the run's own credentials, those that may live although nobody was told that they were made
 * included: of these there is only the trouble that they could not be ended.
 */
export function credentialsLeft(entries: readonly Entry[]): readonly string[] {
  const told = new Set<string>();
  const uncertain = new Map<string, string>();
  for (const {type, data} of entries) {
    if (type === 'run.resumed') told.clear();
    if (type === 'connection.began') told.add(endOf(data.connection));
    if (type === 'connection.cleared') uncertain.delete(endOf(data.connection));
    if (type === 'connection.ended' && !told.has(endOf(data.connection))) uncertain.delete(endOf(data.connection));
    if (type === 'trouble' && data.where.startsWith(endOf('')) && !told.has(data.where))
      uncertain.set(data.where, data.message);
  }
  return [
    ...openCredentials(entries).map(describeOpenCredential),
    ...[...uncertain].map(([where, message]) => `${where}: ${message}`),
  ];
}

/** Where the trouble is that a credential could not be ended. */
export function endOf(connection: string): string {
  return `end of the run's credential on ${connection}`;
}
