import {randomBytes} from 'node:crypto';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {BaoApi} from './openbao.ts';

export type Furnished = {readonly operatorToken: string};

const roles = [
  {role: 'orders-mcp', group: 'orders_mcp_users'},
  {role: 'checkout', group: 'checkout_users'},
] as const;

/** Fills OpenBao: two AppRoles, their dynamic database users, and an operator who may do what the drill needs and no more. */
export async function furnishBao(
  root: BaoApi,
  options: {readonly data: string; readonly postgres: string; readonly vaultPassword: string},
): Promise<Furnished> {
  await root('POST', 'sys/auth/approle', {type: 'approle'});
  await root('POST', 'sys/mounts/database', {type: 'database'});
  await root('POST', 'database/config/shop', {
    plugin_name: 'postgresql-database-plugin',
    allowed_roles: roles.map(({role}) => role),
    connection_url: `postgresql://{{username}}:{{password}}@${options.postgres}/shop?sslmode=disable`,
    username: 'vault',
    password: options.vaultPassword,
  });
  for (const {role, group} of roles) {
    await root('POST', `database/roles/${role}`, {
      db_name: 'shop',
      creation_statements: [
        `create role "{{name}}" login password '{{password}}' valid until '{{expiration}}' in role ${group}`,
      ],
      revocation_statements: ['drop role if exists "{{name}}"'],
      default_ttl: '1h',
      max_ttl: '24h',
    });
    await root('PUT', `sys/policies/acl/${role}`, {
      policy: `path "database/creds/${role}" { capabilities = ["read"] }`,
    });
    await root('POST', `auth/approle/role/${role}`, {token_policies: [role], token_ttl: '1h', token_max_ttl: '24h'});
    await deliverLogin(root, role, options.data);
  }
  await writeFile(path.join(options.data, 'orders-mcp', 'client-key'), randomBytes(24).toString('base64url'), {
    mode: 0o600,
  });
  return {operatorToken: await createOperator(root)};
}

/** The role-id and a first secret-id, as whoever set the integration up would have delivered them. */
async function deliverLogin(root: BaoApi, role: string, data: string): Promise<void> {
  const folder = path.join(data, role);
  await mkdir(folder, {mode: 0o700});
  const roleId = dataOf(await root('GET', `auth/approle/role/${role}/role-id`)).role_id;
  const secretId = dataOf(await root('POST', `auth/approle/role/${role}/secret-id`)).secret_id;
  await writeFile(path.join(folder, 'role-id'), String(roleId), {mode: 0o600});
  await writeFile(path.join(folder, 'secret-id'), String(secretId), {mode: 0o600});
}

async function createOperator(root: BaoApi): Promise<string> {
  const mounts = await root('GET', 'sys/auth');
  const approle = mounts['approle/'];
  const accessor =
    typeof approle === 'object' && approle !== null && 'accessor' in approle ? String(approle.accessor) : '';
  const roleId = String(dataOf(await root('GET', 'auth/approle/role/orders-mcp/role-id')).role_id);
  await root('PUT', 'sys/policies/acl/operator', {policy: operatorPolicy(accessor, roleId)});
  const created = await root('POST', 'auth/token/create-orphan', {
    display_name: 'operator',
    policies: ['default', 'operator'],
    ttl: '72h',
  });
  const {auth} = created;
  return typeof auth === 'object' && auth !== null && 'client_token' in auth ? String(auth.client_token) : '';
}

/** What `drills/orders-mcp.yaml` needs, and no more. */
function operatorPolicy(mountAccessor: string, roleId: string): string {
  return `
path "auth/token/create" {
  capabilities       = ["update"]
  allowed_parameters = { "display_name" = ["offdrill"], "ttl" = [], "explicit_max_ttl" = [], "renewable" = [], "meta" = [] }
}
path "sys/audit-hash/main"         { capabilities = ["update"] }
path "sys/locked-users"            { capabilities = ["read"] }
path "auth/token/accessors/"       { capabilities = ["list", "sudo"] }
path "auth/token/lookup-accessor"  { capabilities = ["update"] }
path "auth/token/revoke-accessor"  { capabilities = ["update"] }
path "sys/leases/lookup/database/creds/orders-mcp/" { capabilities = ["list", "sudo"] }
path "sys/leases/revoke/database/creds/orders-mcp/*" {
  capabilities      = ["update"]
  denied_parameters = { "lease_id" = [] }
}
path "auth/approle/role/orders-mcp"                            { capabilities = ["read"] }
path "auth/approle/role/orders-mcp/role-id"                    { capabilities = ["read"] }
path "auth/approle/role/orders-mcp/secret-id"                  { capabilities = ["list", "update"] }
path "auth/approle/role/orders-mcp/secret-id/"                 { capabilities = ["list"] }
path "auth/approle/role/orders-mcp/secret-id/lookup"           { capabilities = ["update"] }
path "auth/approle/role/orders-mcp/secret-id-accessor/lookup"  { capabilities = ["update"] }
path "auth/approle/role/orders-mcp/secret-id-accessor/destroy" { capabilities = ["update"] }
path "sys/locked-users/${mountAccessor}/unlock/${roleId}"      { capabilities = ["update"] }
`;
}

function dataOf(answer: Record<string, unknown>): Record<string, unknown> {
  const {data} = answer;
  return typeof data === 'object' && data !== null ? {...data} : {};
}
