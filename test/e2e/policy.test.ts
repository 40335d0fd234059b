import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type DrillLab, startDrillLab} from '../helpers/drill-lab.ts';
import {projectFolder} from '../helpers/run-cli.ts';
import {runWithLeastPolicy} from './least-policy.ts';
import {policyFor} from './operator.ts';

const flagship = path.join(projectFolder, 'drills', 'orders-mcp.yaml');

/** Drills in which something happens beside the flagship's steps: they need no other rights. */
const alike = ['orders-mcp-human.yaml', 'orders-mcp-human-paste.yaml', 'orders-mcp-dead-database.yaml'];

describe('plan --policy vault', () => {
  let drillLab: DrillLab;

  beforeAll(async () => {
    drillLab = await startDrillLab();
  });
  afterAll(() => drillLab?.down());

  it.each(alike)('gives %s the rights of the flagship', async (file) => {
    const rights = async (drill: string) => (await policyFor(drillLab, drill)).split('\n').slice(2);

    expect(await rights(file)).toEqual(await rights('orders-mcp.yaml'));
  });

  it('is one document with --json', async () => {
    const {exitCode, stdout} = await drillLab.offdrill(`plan '${flagship}' --policy postgres --json`);

    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      driver: 'postgres',
      policies: [{connection: 'shop', policy: expect.stringContaining('grant "pg_signal_backend" to "offdrill";')}],
    });
  });

  it('names the drivers that have policies where one has none', async () => {
    const {exitCode, stdout, stderr} = await drillLab.offdrill(`plan '${flagship}' --policy http`);

    expect({exitCode, stdout}).toEqual({exitCode: 2, stdout: ''});
    expect(stderr).toContain('got `http`. There are: `aws`, `postgres`, `vault`.');
  });

  it('is enough without any other policy, `default` included', async () => {
    const run = await runWithLeastPolicy(drillLab, 'orders-mcp.yaml', {withoutDefault: true});

    expect(run.exitCode, run.stdout + run.stderr).toBe(0);
    expect({refused: run.refused, unused: run.unused}).toEqual({refused: [], unused: []});
  });
});
