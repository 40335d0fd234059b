import * as z from 'zod';
import type {ByHandPlace} from '../../contract/operation.ts';
import {isLoopback} from '../../util/is-loopback.ts';
import {fileWord, shellBlock} from '../shell-block.ts';
import {shellWord} from '../shell-quote.ts';

/** One call of psql that prints values and nothing else, and stops at the first error; its password is its own question. */
export const psql = 'psql -XAtq -v ON_ERROR_STOP=1';

const connectionSchema = z.looseObject({
  address: z.looseObject({host: z.string(), port: z.number()}).optional().catch(undefined),
  database: z.string().optional(),
  user: z.string().optional(),
  tls: z.string().optional(),
  ca: z.string().optional(),
});

/** Lines for psql, on the connection's database and as its user. `values`: what stands in the lines and may not be known. */
export function postgresByHand(
  lines: readonly string[],
  {connection, base}: ByHandPlace,
  values: readonly unknown[],
): readonly string[] {
  const {address, database, user, tls, ca} = connectionSchema.safeParse(connection).data ?? {};
  const isLocal = address !== undefined && isLoopback(address.host);
  const mode = tls ?? (isLocal ? 'disable' : 'verify-full');
  const root = ca === undefined ? 'system' : fileWord(ca, base);
  const server = {PGHOST: address?.host, PGPORT: address?.port, PGDATABASE: database, PGUSER: user};
  const unknown = Object.entries(server).filter(([, value]) => value === undefined);
  const settings = [
    ...Object.entries(server).map(([name, value]) => (value === undefined ? name : `${name}=${shellWord(value)}`)),
    `PGSSLMODE=${shellWord(mode)}`,
    ...(mode === 'verify-full' ? [`PGSSLROOTCERT=${root}`] : []),
  ];
  return [
    '# It asks for the password of the user of the connection, where neither PGPASSWORD nor a pgpass file holds it.',
    ...shellBlock(
      [
        'unset PGHOSTADDR PGSERVICE PGOPTIONS',
        ...unknown.map(([name]) => `: "\${${name}:?must be that of the connection}"`),
        `export ${settings.join(' ')}`,
        ...lines,
      ],
      [database, user, tls, ca, ...values],
    ),
  ];
}

/** A text in SQL, whatever `standard_conforming_strings` says. */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return text.includes('\\') ? `E${quoted}` : quoted;
}
