import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Look} from '../../../src/contract/driver.ts';
import {lookAtAuditCommand, lookAtAuditFile} from '../../../src/drivers/vault/look-at-audit-file.ts';
import {startVaultLab, type VaultLab} from './vault-lab.ts';

/** The lab's real server, with a device that hashes accessors (`main`) and one that does not (`raw`). */
describe('drivers/vault/look-at-audit-file', () => {
  let vault: VaultLab;
  beforeAll(async () => {
    vault = await startVaultLab({rawAudit: true});
  });
  afterAll(() => vault?.down());

  const look = async (file: string, device: string, given: {token: string}): Promise<Look> =>
    lookAtAuditFile({path: path.join(vault.lab.data, 'openbao', file), device, also: []}, await vault.open({given}));
  it('finds its own read in the log of each device', async () => {
    const given = {token: vault.lab.rootToken()};

    expect(await look('audit.log', 'main', given)).toMatchObject({state: 'ok'});
    expect(await look('raw-audit.log', 'raw', given)).toMatchObject({state: 'ok'});
  });

  it('tells the log of another device', async () => {
    expect(await look('audit.log', 'raw', {token: vault.lab.rootToken()})).toEqual({
      state: 'fail',
      message: 'Expected device `raw` to write this audit log, and another one does. Correct `device`.',
    });
  });

  it('finds the read of a token that may read nothing', async () => {
    const {auth} = await vault.root('POST', 'auth/token/create', {policies: ['orders-mcp'], no_default_policy: true});

    expect(await look('audit.log', 'main', {token: Object(auth).client_token})).toEqual({
      state: 'warn',
      message: "readable, and grows with calls to it; whether device `main` writes it can't be told (403)",
    });
  });

  it('looks at each of several devices', async () => {
    const at = (file: string): string => path.join(vault.lab.data, 'openbao', file);
    const both = async (file: string): Promise<Look> =>
      lookAtAuditFile(
        {path: at('audit.log'), device: 'main', also: [{path: at(file), device: 'raw'}]},
        await vault.open({given: {token: vault.lab.rootToken()}}),
      );

    expect(await both('raw-audit.log')).toMatchObject({state: 'ok'});
    expect(await both('no.log')).toMatchObject({state: 'fail', message: expect.stringContaining('no.log')});
  });

  it('finds its own read in what a command prints', async () => {
    const print = async (argv: string[], device = 'main'): Promise<Look> =>
      lookAtAuditCommand(
        {argv, device, within: 500, timeout: 5000},
        await vault.open({given: {token: vault.lab.rootToken()}}),
      );
    const log = path.join(vault.lab.data, 'openbao', 'audit.log');

    expect(await print(['cat', log])).toMatchObject({state: 'ok'});
    expect(await print(['cat', log], 'raw')).toMatchObject({state: 'fail', message: expect.stringContaining('`raw`')});
    expect(await print(['true'])).toMatchObject({state: 'fail', message: expect.stringContaining('within 0.5 s')});
    expect(await print(['cat', 'no-such-file'])).toMatchObject({
      state: 'fail',
      message: expect.stringContaining('to print the audit log and end with 0, and it ended with 1. Run it by hand'),
    });
    expect(await print(['no-such-program'])).toMatchObject({
      state: 'fail',
      message: expect.stringContaining('could not be started (ENOENT)'),
    });
  });
});
