import {randomBytes} from 'node:crypto';
import {chown, mkdir, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {readSetting} from './apps/settings.ts';
import {furnishBao} from './furnish-bao.ts';
import {writeSettings} from './lab.ts';
import {configureBao, openBao} from './openbao.ts';
import {furnishPostgres, makePostgresLogs, postgresAnswers, postgresLogs, readAddress} from './postgres.ts';
import {type LabState, writeState} from './state.ts';
import {variants} from './variants.ts';
import {waitFor} from './wait-for.ts';

/**
 * What the lab in containers does once each time it is brought up (`docker-compose.test.yml`): `prepare` before the servers
 * start, `furnish` when they answer. Both work on the folder that all containers share with the host.
 */
const data = readSetting('LAB_DATA');
const vault = readSetting('LAB_VAULT');
const postgres = readSetting('LAB_POSTGRES');
const superuserPassword = path.join(data, 'superuser-password');
const variant = variants.dynamic;

const [command] = process.argv.slice(2);
if (command === 'prepare') await prepare();
else if (command === 'furnish') await furnish();
else throw new Error('Expected `prepare` or `furnish`.');

async function prepare(): Promise<void> {
  for (const name of await readdir(data)) await rm(path.join(data, name), {recursive: true});
  await mkdir(path.join(data, 'logs'), {mode: 0o700});
  await makePostgresLogs(data);
  await writeFile(superuserPassword, randomSecret(), {mode: 0o600});
  await configureBao({data, listen: '0.0.0.0:8200', port: portOf('vault'), rawAudit: false});
}

async function furnish(): Promise<void> {
  const state = describeLab();
  const server = readAddress(postgres);
  const passwords = {
    superuser: await readFile(superuserPassword, 'utf8'),
    vault: randomSecret(),
    operator: randomSecret(),
  };
  await waitFor('PostgreSQL answers', 60_000, () => postgresAnswers(server));
  await furnishPostgres({server, passwords, variant}).catch((error: unknown) => {
    throw new Error(
      'Expected a new PostgreSQL. End the old one: `docker compose -f docker-compose.test.yml down -v`.',
      {
        cause: error,
      },
    );
  });
  await waitFor('OpenBao answers', 60_000, async () => (await fetch(`${vault}/v1/sys/seal-status`)).ok);
  const root = await openBao({data, address: vault});
  const {operatorToken} = await furnishBao(root, {data, postgres, variant, vaultPassword: passwords.vault});
  await writeSettings(state, operatorToken, passwords.operator);
  writeState(state);
  await giveAway(data, await stat(readSetting('LAB_OWNER')));
}

function describeLab(): LabState {
  const parts = ['openbao', 'postgres', 'orders-mcp', 'checkout', 'assistant'];
  const names = parts.map((part) => [part, `${readSetting('LAB_NAME')}-${part}`] as const);
  return {
    data,
    ports: {
      vault: portOf('vault'),
      postgres: portOf('postgres'),
      'orders-mcp': portOf('orders-mcp'),
      checkout: portOf('checkout'),
      assistant: portOf('assistant'),
    },
    variant: 'dynamic',
    processes: {},
    containers: Object.fromEntries(names),
  };
}

/** Where the host reaches it. */
function portOf(part: string): number {
  return Number(readSetting(`LAB_PORT_${part.toUpperCase().replaceAll('-', '_')}`));
}

/** Containers run as root, drills as whoever the project belongs to. The log stays the server's, which goes on writing it. */
async function giveAway(target: string, {uid, gid}: {readonly uid: number; readonly gid: number}): Promise<void> {
  if (target === postgresLogs(data)) return;
  await chown(target, uid, gid);
  if (!(await stat(target)).isDirectory()) return;
  for (const name of await readdir(target)) await giveAway(path.join(target, name), {uid, gid});
}

function randomSecret(): string {
  return randomBytes(16).toString('hex');
}
