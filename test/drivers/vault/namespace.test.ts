import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {auditFile} from '../../../src/drivers/vault/audit-file.ts';
import {lookAtAuditFile} from '../../../src/drivers/vault/look-at-audit-file.ts';
import type {VaultSession} from '../../../src/drivers/vault/session.ts';
import {type TestContext, windowOf} from '../../helpers/context.ts';
import {startVaultLab, type VaultLab} from './vault-lab.ts';

const signal = AbortSignal.timeout(120_000);

/** A namespace of OpenBao's (Vault has them in its enterprise edition alone), with an AppRole of the same name as one in the root namespace. */
describe('drivers/vault in a namespace', () => {
  let vault: VaultLab;
  let token: string;
  beforeAll(async () => {
    vault = await startVaultLab({rawAudit: true});
    await vault.root('POST', 'sys/namespaces/team');
    await vault.root('POST', 'team/sys/auth/approle', {type: 'approle'});
    await vault.root('POST', 'team/auth/approle/role/orders-mcp', {token_policies: ['default']});
    await vault.root('PUT', 'team/sys/policies/acl/operator', {
      policy: 'path "auth/*" { capabilities = ["create", "read", "update", "list", "sudo"] }',
    });
    const {auth} = await vault.root('POST', 'team/auth/token/create', {
      policies: ['default', 'operator'],
      no_parent: true,
    });
    token = Object(auth).client_token;
  });
  afterAll(() => vault?.down());

  const open = () => vault.open({given: {token, namespace: 'team'}});
  const window = async (ctx: TestContext<VaultSession>, inside: () => Promise<unknown>) => {
    const input = auditFile.input.parse({path: path.join(vault.lab.data, 'openbao', 'raw-audit.log'), device: 'raw'});
    await auditFile.check(input, ctx);
    await ctx.connection.mark('shutdown', signal);
    await inside();
    const notes = await auditFile.note(input, [], ctx);
    await ctx.connection.end(signal);
    return auditFile.read(input, windowOf(notes), ctx);
  };

  it('works with a run token of that namespace, and sees its tokens alone', async () => {
    const ctx = await open();

    await ctx.connection.begin({maxDurationMs: 60_000}, signal);

    expect(await ctx.connection.control(signal)).toBe(true);
    expect(await ctx.connection.inventory.living(signal)).toHaveLength(1);
    await ctx.connection.end(signal);
  });

  it('tells its own changes from those in the root namespace', async () => {
    const ctx = await open();
    await ctx.connection.begin({maxDurationMs: 60_000}, signal);

    const reading = await window(ctx, async () => {
      await vault.root('POST', 'team/auth/approle/role/orders-mcp/secret-id');
      await vault.root('POST', 'auth/approle/role/orders-mcp/secret-id');
    });

    expect(reading.gaps).toEqual([]);
    expect(reading.events.filter(({phase}) => phase === 'shutdown').map(({path: changed}) => changed)).toEqual([
      'auth/approle/role/orders-mcp/secret-id',
      '/auth/approle/role/orders-mcp/secret-id',
    ]);
  });

  it('says that a device which hashes accessors can’t be read from there', async () => {
    const ctx = await open();
    await ctx.connection.begin({maxDurationMs: 60_000}, signal);
    const input = auditFile.input.parse({path: path.join(vault.lab.data, 'openbao', 'audit.log')});

    await expect(auditFile.check(input, ctx)).rejects.toThrow(/hmac_accessor = "false"/);
    await ctx.connection.end(signal);
  });

  it('needs no right to hash what nobody hashes there', async () => {
    const ctx = await open();

    expect(await ctx.connection.missing(auditFile.needs?.(auditFile.input.parse({path: 'x'})) ?? [], signal)).toEqual(
      [],
    );
  });

  it('finds its own read in the log of a device with accessors in clear alone', async () => {
    const look = async (file: string, device: string) =>
      lookAtAuditFile({path: path.join(vault.lab.data, 'openbao', file), device, also: []}, await open());

    expect(await look('raw-audit.log', 'raw')).toMatchObject({state: 'ok'});
    expect(await look('audit.log', 'main')).toMatchObject({
      state: 'fail',
      message: expect.stringContaining('hmac_accessor = "false"'),
    });
  });
});
