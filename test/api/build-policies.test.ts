import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {buildPolicies} from '../../src/api/build-policies.ts';
import {planDrill} from '../../src/api/read-drill.ts';
import type {Plan} from '../../src/plan/plan.ts';

const flagship = path.resolve(import.meta.dirname, '../../drills/orders-mcp.yaml');
const vars = {
  vault: 'http://127.0.0.1:1',
  postgres: '127.0.0.1:2',
  checkout: 'http://127.0.0.1:3',
  assistant: 'http://127.0.0.1:4',
  'orders-mcp': 'http://127.0.0.1:5/mcp',
};

describe('api/build-policies', () => {
  it('names each path once, and who needs it', async () => {
    const policy = await policyOf(await plan(), 'vault');

    const paths = [...policy.matchAll(/^path "(.*)" \{$/gm)].map(([, found]) => found);
    expect(paths).toEqual([...new Set(paths)].sort());
    expect(policy).toContain(
      '# rollback of destroy-secret-ids\npath "auth/approle/role/orders-mcp/secret-id" {\n  capabilities = ["update"]\n}',
    );
    expect(policy).toContain('# capture holdings, step revoke-tokens, audit of vault\npath "auth/token/accessors/" {');
  });

  it('gives the connection what it needs itself', async () => {
    const policy = await policyOf(await plan(), 'vault');

    expect(policy).toContain('path "cubbyhole/offdrill-*" {\n  capabilities = ["read"]\n}');
    expect(policy).toContain('path "sys/locked-users/+/unlock/+" {\n  capabilities = ["update"]\n}');
    expect(policy).toMatch(
      /path "auth\/token\/create" \{\n {2}capabilities {7}= \["update"\]\n {2}allowed_parameters = \{ "display_name" = \["offdrill"\]/,
    );
  });

  it('OpenBao revokes the lease that the body names, so the body may name none', async () => {
    const policy = await policyOf(await plan(), 'vault');

    expect(policy).toContain(
      'path "sys/leases/revoke/database/creds/orders-mcp/*" {\n  capabilities      = ["update"]\n  denied_parameters = { "lease_id" = [] }\n}',
    );
  });

  it('writes grants for a database', async () => {
    const policy = await policyOf(await plan(), 'postgres');

    expect(policy).toContain('-- step end-sessions\ngrant "pg_signal_backend" to "offdrill";');
  });

  it('makes one policy for each connection', async () => {
    const {connections, ...rest} = await plan();
    const [vault] = connections.filter(({name}) => name === 'vault');
    if (vault === undefined) throw new Error('no connection');

    const built = await buildPolicies({...rest, connections: [...connections, {...vault, name: 'second'}]}, 'vault');

    const policies = built.ok ? built.value : [];
    expect(policies.map(({connection}) => connection)).toEqual(['vault', 'second']);
    expect(policies[0]?.policy).toContain('secret-id-accessor/destroy');
    expect(policies[1]?.policy).toContain('needs on connection second');
    expect(policies[1]?.policy).not.toContain('secret-id-accessor/destroy');
  });

  it.each(['mcp', 'no-such-driver'])('says which drivers have policies where %s has none', async (driver) => {
    const built = await buildPolicies(await plan(), driver);

    expect(built).toEqual({
      ok: false,
      error: `Expected a driver whose rights a policy gives, got \`${driver}\`. There are: \`aws\`, \`postgres\`, \`vault\`.`,
    });
  });

  it('says where a drill has no such connection', async () => {
    const built = await buildPolicies({...(await plan()), connections: []}, 'vault');

    expect(built).toMatchObject({ok: false, error: expect.stringContaining('a connection with `driver: vault`')});
  });
});

async function plan(): Promise<Plan> {
  const planned = await planDrill({file: flagship, vars, env: {}});
  if (!planned.ok) throw new Error(planned.error.render({color: false}));
  return planned.value.plan;
}

async function policyOf(of: Plan, driver: string): Promise<string> {
  const built = await buildPolicies(of, driver);
  if (!built.ok) throw new Error(built.error);
  return built.value[0]?.policy ?? '';
}
