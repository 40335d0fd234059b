import {createBaoApi} from '../../../lab/openbao.ts';
import {destroySecretIds} from '../../../src/drivers/vault/destroy-secret-ids.ts';
import {revokeLeases} from '../../../src/drivers/vault/revoke-leases.ts';
import {revokeTokens} from '../../../src/drivers/vault/revoke-tokens.ts';
import type {VaultSession} from '../../../src/drivers/vault/session.ts';
import {type TestContext, until} from '../../helpers/context.ts';
import {issueSecretId, type VaultLab} from './vault-lab.ts';

/** Takes all that the integration holds away. */
export async function empty(ctx: TestContext<VaultSession>): Promise<void> {
  await destroySecretIds.execute(destroySecretIds.input.parse({role: 'orders-mcp'}), {secretIds: []}, ctx);
  await revokeLeases.execute({prefix: 'database/creds/orders-mcp'}, {leases: []}, ctx);
  await revokeTokens.execute(revokeTokens.input.parse({approle: 'orders-mcp'}), {tokens: []}, ctx);
}

/** Five bad logins, and one that finds the role locked. */
export async function lockOut(vault: VaultLab, role = 'orders-mcp'): Promise<void> {
  const {roleId} = await issueSecretId(vault.root, role);
  const logIn = () =>
    createBaoApi(vault.address, '')('POST', 'auth/approle/login', {role_id: roleId, secret_id: 'bad'}).catch(String);
  await until(async () => String(await logIn()).includes('403'));
}

/** Ends every lock. */
export async function unlockAll({root}: VaultLab): Promise<void> {
  const {data} = Object(await root('GET', 'sys/locked-users'));
  for (const {mount_accessors: mounts} of data.by_namespace ?? []) {
    for (const {mount_accessor: mount, alias_identifiers: aliases} of mounts) {
      for (const alias of aliases) await root('POST', `sys/locked-users/${mount}/unlock/${alias}`);
    }
  }
}

/** Makes the database refuse to drop a user, as it does where the user owns something. */
export async function revokeWith({root}: VaultLab, statement: string): Promise<void> {
  const {data} = Object(await root('GET', 'database/roles/orders-mcp'));
  await root('POST', 'database/roles/orders-mcp', {...data, revocation_statements: [statement]});
}
