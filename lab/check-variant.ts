import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {parseEnv} from 'node:util';
import pg from 'pg';
import type {Check} from './checks.ts';
import {createBaoApi} from './openbao.ts';
import {isRunning} from './processes.ts';
import {addressesOf, type LabState, readProcesses} from './state.ts';
import {variants} from './variants.ts';

/** What is to be so in a variant beside that everything answers: what answers may do so on what it held before. */
export function checksOfVariant(state: LabState): readonly Check[] {
  const {static: shared, tokens, isSupervised} = variants[state.variant];
  return [
    ...(shared === undefined
      ? []
      : [[`${shared.user} may log in to the database`, () => mayLogIn(state, shared.user)] as const]),
    ...(tokens.token_type === 'batch'
      ? [['no entity of OpenBao is disabled', () => isEveryEntityEnabled(state)] as const]
      : []),
    ...(isSupervised
      ? [
          ['the supervisor of orders-mcp runs', async () => runs(state, 'supervisor')] as const,
          ['orders-mcp runs on its own credentials', async () => runs(state, 'orders-mcp')] as const,
        ]
      : []),
  ];
}

async function mayLogIn(state: LabState, user: string): Promise<boolean> {
  const {OFFDRILL_DB_ADMIN_PASSWORD: password} = parseEnv(
    await readFile(path.join(state.data, 'offdrill.env'), 'utf8'),
  );
  const [host = '', port = ''] = addressesOf(state).postgres.split(':');
  const client = new pg.Client({host, port: Number(port), database: 'shop', user: 'offdrill', password, ssl: false});
  client.on('error', () => undefined);
  await client.connect();
  try {
    const {rows} = await client.query('select from pg_roles where rolname = $1 and rolcanlogin', [user]);
    return rows.length === 1;
  } finally {
    await client.end();
  }
}

async function isEveryEntityEnabled(state: LabState): Promise<boolean> {
  const root = createBaoApi(addressesOf(state).vault, await readFile(path.join(state.data, 'root-token'), 'utf8'));
  const {data} = await root('LIST', 'identity/entity/id');
  const ids: readonly unknown[] = Object(data).keys;
  const entities = await Promise.all(ids.map((id) => root('GET', `identity/entity/id/${id}`)));
  return entities.every((entity) => Object(entity.data).disabled === false);
}

/** On credentials of its own, where it has any. */
function runs(state: LabState, name: string): boolean {
  const found = readProcesses(state)[name];
  return found !== undefined && found.credentials === undefined && isRunning(found);
}
