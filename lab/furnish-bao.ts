import {randomBytes} from 'node:crypto';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {BaoApi} from './openbao.ts';
import type {Variant} from './variants.ts';

export type Furnished = {readonly operatorToken: string};

const roles = [
  {role: 'orders-mcp', group: 'orders_mcp_users'},
  {role: 'checkout', group: 'checkout_users'},
] as const;

/** Fills OpenBao: two AppRoles, their dynamic database users, and an operator who may do what the drill needs and no more. */
export async function furnishBao(
  root: BaoApi,
  options: {
    readonly data: string;
    readonly postgres: string;
    readonly vaultPassword: string;
    readonly variant: Variant;
  },
): Promise<Furnished> {
  const {variant} = options;
  await root('POST', 'sys/auth/approle', {type: 'approle'});
  await root('POST', 'sys/mounts/database', {type: 'database'});
  await root('POST', 'database/config/shop', {
    plugin_name: 'postgresql-database-plugin',
    allowed_roles: [...roles.map(({role}) => role), ...(variant.static === undefined ? [] : [variant.static.role])],
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
      default_ttl: role === 'orders-mcp' ? variant.leaseTtl : '1h',
      max_ttl: '24h',
    });
    await root('PUT', `sys/policies/acl/${role}`, {policy: policyOf(role, variant)});
    const tokens = role === 'orders-mcp' ? variant.tokens : {token_ttl: '1h', token_max_ttl: '24h'};
    await root('POST', `auth/approle/role/${role}`, {token_policies: [role], ...tokens});
    await deliverLogin(root, role, options.data);
  }
  if (variant.static !== undefined) {
    const {role, user} = variant.static;
    await root('POST', `database/static-roles/${role}`, {db_name: 'shop', username: user, rotation_period: '24h'});
  }
  const clientKey = randomBytes(24).toString('base64url');
  await writeFile(path.join(options.data, 'orders-mcp', 'client-key'), clientKey, {mode: 0o600});
  if (variant.isSupervised) {
    await root('POST', `auth/approle/role/${standby}`, {token_policies: ['orders-mcp'], token_ttl: '1h'});
    await deliverLogin(root, standby, options.data);
    await writeFile(path.join(options.data, standby, 'client-key'), clientKey, {mode: 0o600});
  }
  return {operatorToken: await createOperator(root, variant)};
}

/** The AppRole that a supervisor starts orders-mcp with. */
export const standby = 'orders-mcp-standby';

function policyOf(role: string, {static: shared}: Variant): string {
  const paths = [
    `database/creds/${role}`,
    ...(shared?.apps.includes(role) === true ? [`database/static-creds/${shared.role}`] : []),
  ];
  return paths.map((path) => `path "${path}" { capabilities = ["read"] }`).join('\n');
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

async function createOperator(root: BaoApi, variant: Variant): Promise<string> {
  const policy = operatorPolicy + furtherRights(variant);
  await root('PUT', 'sys/policies/acl/operator', {policy});
  const created = await root('POST', 'auth/token/create-orphan', {
    display_name: 'operator',
    policies: ['default', 'operator'],
    ttl: '72h',
  });
  const {auth} = created;
  return typeof auth === 'object' && auth !== null && 'client_token' in auth ? String(auth.client_token) : '';
}

/** What the drills of a variant need beside that. */
function furtherRights({static: shared, tokens}: Variant): string {
  const disabling = `
path "identity/lookup/entity" { capabilities = ["update"] }
path "identity/entity/id/*" {
  capabilities       = ["read", "update"]
  allowed_parameters = { "disabled" = [] }
}
`;
  const rotating =
    shared === undefined
      ? ''
      : `
path "database/rotate-role/${shared.role}"  { capabilities = ["update"] }
path "database/static-roles/${shared.role}" { capabilities = ["read"] }
`;
  return (tokens.token_type === 'batch' ? disabling : '') + rotating;
}

/** What `drills/orders-mcp.yaml` needs, and no more. */
const operatorPolicy = `
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
path "sys/locked-users/+/unlock/+" { capabilities = ["update"] }
`;

function dataOf(answer: Record<string, unknown>): Record<string, unknown> {
  const {data} = answer;
  return typeof data === 'object' && data !== null ? {...data} : {};
}
