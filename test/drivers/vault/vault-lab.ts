import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {parseEnv} from 'node:util';
import pg from 'pg';
import * as z from 'zod';
import {type Lab, startLab} from '../../../lab/lab.ts';
import {type BaoApi, createBaoApi} from '../../../lab/openbao.ts';
import type {VariantName} from '../../../lab/variants.ts';
import {connection} from '../../../src/drivers/vault/connection.ts';
import type {VaultSession} from '../../../src/drivers/vault/session.ts';
import {containerServers} from '../../helpers/container-servers.ts';
import {contextOf, type TestContext} from '../../helpers/context.ts';

export type VaultLab = {
  readonly lab: Lab;
  readonly address: string;
  /** The API with the root token, to look at what happened and to act as a person would. */
  readonly root: BaoApi;
  readonly operatorToken: string;
  readonly databasePassword: string;
  /** Opens the driver's connection with the operator's token, and gives what an operation gets. */
  open(options?: {
    readonly token?: string;
    readonly base?: string;
    /** What the connection is given beside its address, instead of a token. */
    readonly given?: object;
    /** The name of the run, where it is not the one of all tests. */
    readonly run?: string;
    /** Accessors that earlier processes of the run declared as its own. */
    readonly earlier?: readonly string[];
    /** What another connection of the same run declared already, as `kind id`. */
    readonly owned?: ReadonlySet<string>;
  }): Promise<TestContext<VaultSession>>;
  /** Logs in as an AppRole does; a new secret-id is issued for it. */
  logIn(role: string): Promise<{token: string; accessor: string}>;
  down(): Promise<void>;
};

/** The lab's OpenBao, with its database engine, its AppRoles and an operator that is not root. */
export async function startVaultLab({
  rawAudit = false,
  variant = 'dynamic',
}: {
  readonly rawAudit?: boolean;
  readonly variant?: VariantName;
} = {}): Promise<VaultLab> {
  const home = await mkdtemp(path.join(tmpdir(), 'offdrill-vault-'));
  const servers = containerServers();
  const lab = await startLab({home, ports: 'auto', rawAudit, variant, ...(servers === undefined ? {} : {servers})});
  const address = lab.addresses.vault;
  const root = createBaoApi(address, lab.rootToken());
  const env = parseEnv(await readFile(path.join(lab.data, 'offdrill.env'), 'utf8'));
  const operatorToken = env.OFFDRILL_VAULT_TOKEN ?? '';
  return {
    lab,
    address,
    root,
    operatorToken,
    databasePassword: env.OFFDRILL_DB_ADMIN_PASSWORD ?? '',
    open: async ({token = operatorToken, base = home, given = {token}, run, earlier = [], owned: shared} = {}) => {
      const owned = new Set<string>(shared);
      const known = {...contextOf(undefined, {base, owned}), ...(run === undefined ? {} : {run})};
      const session = await connection.open(connection.input.parse({address, ...given}), {
        ...known,
        owned: (kind) => [...owned].filter((id) => id.startsWith(`${kind} `)).map((id) => id.slice(kind.length + 1)),
        ownedEarlier: (kind) => (kind === 'token' ? earlier : []),
      });
      return {...known, connection: session};
    },
    logIn: async (role) => {
      const {secretId, roleId} = await issueSecretId(root, role);
      const answer = await createBaoApi(address, '')('POST', 'auth/approle/login', {
        role_id: roleId,
        secret_id: secretId,
      });
      const {auth} = loginAnswer.parse(answer);
      return {token: auth.client_token, accessor: auth.accessor};
    },
    down: async () => {
      await lab.down();
      await rm(home, {recursive: true, force: true});
    },
  };
}

/** As whoever set the integration up does it. */
export async function issueSecretId(
  root: BaoApi,
  role: string,
): Promise<{secretId: string; accessor: string; roleId: string}> {
  const issued = issuedAnswer.parse(await root('POST', `auth/approle/role/${role}/secret-id`));
  const {data} = roleIdAnswer.parse(await root('GET', `auth/approle/role/${role}/role-id`));
  return {secretId: issued.data.secret_id, accessor: issued.data.secret_id_accessor, roleId: data.role_id};
}

/** A dynamic database user, taken with a token of the role. */
export async function takeDatabaseUser(
  address: string,
  token: string,
): Promise<{username: string; password: string; lease: string}> {
  const answer = credsAnswer.parse(await createBaoApi(address, token)('GET', 'database/creds/orders-mcp'));
  return {...answer.data, lease: answer.lease_id};
}

/** True where that database user can log in. */
export async function canLogIn(lab: Lab, user: {username: string; password: string}): Promise<boolean> {
  const [host = '', port = ''] = lab.addresses.postgres.split(':');
  const {username, password} = user;
  const client = new pg.Client({host, port: Number(port), database: 'shop', user: username, password, ssl: false});
  client.on('error', () => undefined);
  return client.connect().then(
    async () => {
      await client.end();
      return true;
    },
    () => false,
  );
}

const loginAnswer = z.object({auth: z.object({client_token: z.string(), accessor: z.string()})});
const issuedAnswer = z.object({data: z.object({secret_id: z.string(), secret_id_accessor: z.string()})});
const roleIdAnswer = z.object({data: z.object({role_id: z.string()})});
const credsAnswer = z.object({lease_id: z.string(), data: z.object({username: z.string(), password: z.string()})});
