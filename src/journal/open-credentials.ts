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
