import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type BaoApi, createBaoApi} from '../../lab/openbao.ts';
import {type DrillLab, startDrillLab} from '../helpers/drill-lab.ts';
import {projectFolder} from '../helpers/run-cli.ts';

describe('plan --who-uses', () => {
  let drillLab: DrillLab;
  let root: BaoApi;
  beforeAll(async () => {
    drillLab = await startDrillLab();
    root = createBaoApi(drillLab.lab.addresses.vault, drillLab.lab.rootToken());
  });
  afterAll(() => drillLab?.down());

  it('names a dependent that nobody declared, before anything is removed', async () => {
    const {auth} = await root('POST', 'auth/token/create-orphan', {policies: ['orders-mcp'], display_name: 'billing'});
    const {lease_id: lease} = await createBaoApi(drillLab.lab.addresses.vault, Object(auth).client_token)(
      'GET',
      'database/creds/orders-mcp',
    );

    const plan = `plan '${path.join(projectFolder, 'drills', 'orders-mcp.yaml')}' --who-uses`;
    const {exitCode, stdout} = await drillLab.offdrill(plan);
    const asJson = JSON.parse((await drillLab.offdrill(`${plan} --json --since 1h`)).stdout);
    await root('PUT', `sys/leases/revoke/${lease}`, {sync: true});

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /NOT DECLARED: breaks when this is removed\n(?:.*\n)*? {2}token-billing +database\/creds\/orders-mcp/,
    );
    expect(stdout).toMatch(/Declared\n(?:.*\n)* {2}approle orders-mcp +auth\/approle\/login as orders-mcp/);
    expect(stdout).toMatch(
      /NOT LOOKED AT: .*\n {2}stop-server \(command\/run\) {2}end-sessions \(postgres\/end-sessions\)\n/,
    );
    expect(asJson.systems).toMatchObject([{system: 'vault'}]);
    expect(asJson.systems[0].uses).toContainEqual(
      expect.objectContaining({who: 'token-billing', path: 'database/creds/orders-mcp', isDeclared: false}),
    );
  });
});
