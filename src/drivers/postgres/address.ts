import {isIP} from 'node:net';
import * as z from 'zod';

/** Where a server listens. */
export type ServerAddress = {readonly host: string; readonly port: number};

/** `host:port`, `[::1]:5432`. The port is never guessed, so that the guard and the drill say the same. */
export const serverAddressField = z
  .string()
  .refine((text) => readServer(text) !== undefined, {
    error: 'Expected `host:port`, such as `db.example.com:5432`.',
    // What is said of it together with other fields takes a server for granted.
    abort: true,
  })
  .transform((text): ServerAddress => readServer(text) ?? {host: text, port: 0})
  .meta({description: 'host:port'});

/** `host:port/database`, in the form that targets have. */
export const databaseAddressField = z
  .string()
  .refine((text) => normalise(text) !== undefined, 'Expected `host:port/database`, such as `127.0.0.1:5432/shop`.')
  .transform((text) => normalise(text) ?? text)
  .meta({description: 'host:port/database'});

/** The one way in which a database is written as a target. */
export function renderDatabase(server: ServerAddress, database: string): string {
  const host = isIP(server.host) === 6 ? `[${server.host}]` : server.host;
  return `${host}:${server.port}/${database}`;
}

/** The server and the database in an address as targets have it. */
export function serverOf(address: string): (ServerAddress & {readonly database: string}) | undefined {
  const slash = address.indexOf('/');
  const server = slash === -1 ? undefined : readServer(address.slice(0, slash));
  return server === undefined ? undefined : {...server, database: address.slice(slash + 1)};
}

function normalise(text: string): string | undefined {
  const slash = text.indexOf('/');
  const server = slash === -1 ? undefined : readServer(text.slice(0, slash));
  const database = text.slice(slash + 1);
  return server === undefined || database === '' ? undefined : renderDatabase(server, database);
}

function readServer(text: string): ServerAddress | undefined {
  const found = /^(?:\[(?<six>[0-9A-Fa-f:.]+)\]|(?<name>[A-Za-z0-9_.-]+)):(?<port>\d{1,5})$/.exec(text);
  const host = (found?.groups?.six ?? found?.groups?.name)?.toLowerCase();
  const port = Number(found?.groups?.port);
  if (host === undefined || port < 1 || port > 65_535) return undefined;
  return found?.groups?.six !== undefined && isIP(host) !== 6 ? undefined : {host, port};
}
