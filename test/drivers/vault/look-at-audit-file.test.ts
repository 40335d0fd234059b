import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Look} from '../../../src/contract/driver.ts';
import {lookAtAuditFile} from '../../../src/drivers/vault/look-at-audit-file.ts';
import {startVaultLab, type VaultLab} from './vault-lab.ts';

/** The lab's real server, with a device that hashes accessors (`main`) and one that does not (`raw`). */
describe('drivers/vault/look-at-audit-file', () => {
  let vault: VaultLab;
  beforeAll(async () => {
    vault = await startVaultLab({rawAudit: true});
  });
  afterAll(() => vault?.down());

  const look = async (file: string, device: string, given: {token: string}): Promise<Look> =>
    lookAtAuditFile({path: path.join(vault.lab.data, 'openbao', file), device}, await vault.open({given}));
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
});
