import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {drillsIn} from '../../helpers/drill-lab.ts';
import {startVaultLab, type VaultLab} from './vault-lab.ts';

/** Whatever server the tests of the driver run on: OpenBao or Vault, a process or a container. */
describe('drills/orders-mcp.yaml on this server', () => {
  let vault: VaultLab;
  beforeAll(async () => {
    vault = await startVaultLab();
  });
  afterAll(() => vault?.down());

  it('passes, and leaves staging whole', async () => {
    const {result, stderr} = await drillsIn(vault.lab).run('orders-mcp.yaml');

    const states = Object.entries(result?.criteria ?? {}).map(([name, {state}]) => `${name} ${state}`);
    expect(states, stderr).toEqual([
      'baseline met',
      'shutdown met',
      'access-removed met',
      'dependents-unharmed met',
      'no-manual-recovery met',
      'restored met',
      'evidence met',
    ]);
    expect(await vault.lab.check()).toEqual([]);
  });
});
