import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import * as z from 'zod';
import {variantFor} from '../../lab/variants.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import {type DrillLab, type DrillRun, startDrillLab} from '../helpers/drill-lab.ts';
import {projectFolder} from '../helpers/run-cli.ts';
import {policyFor, useOperator} from './operator.ts';

const flagship = path.join(projectFolder, 'drills', 'orders-mcp.yaml');

/** Drills that run with nobody's help, each in the lab that it is written for, and how it ends. */
const drills: readonly DrillUnderPolicy[] = [
  {file: 'orders-mcp.yaml', exitCode: 0, with: 'default'},
  {file: 'orders-mcp.yaml', exitCode: 0, with: 'no other policy'},
  {file: 'orders-mcp-token-only.yaml', exitCode: 1, with: 'default'},
  {file: 'orders-mcp-stopped-only.yaml', exitCode: 1, with: 'default'},
  {file: 'orders-mcp-batch.yaml', exitCode: 3, with: 'default'},
  {file: 'orders-mcp-expiry.yaml', exitCode: 0, with: 'default'},
  {file: 'orders-mcp-respawn.yaml', exitCode: 1, with: 'default'},
  {file: 'orders-mcp-static.yaml', exitCode: 1, with: 'default'},
  {file: 'orders-mcp-static-complete.yaml', exitCode: 0, with: 'default'},
  {file: 'orders-mcp-shared-role.yaml', exitCode: 1, with: 'default'},
];

/** Drills in which something happens beside the flagship's steps: they need no other rights. */
const alike = ['orders-mcp-human.yaml', 'orders-mcp-human-paste.yaml', 'orders-mcp-dead-database.yaml'];

/** Used only where the run's own logins lock a role, where something is denied, and where a revocation fails. */
const sometimes = ['sys/locked-users/+/unlock/+', 'auth/token/lookup-self', 'sys/leases/lookup'];

type DrillUnderPolicy = {
  readonly file: string;
  readonly exitCode: number;
  /** Operators' tokens have `default`, unless they were made without it. */
  readonly with: 'default' | 'no other policy';
};

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
    expect(stderr).toContain('got `http`. There are: `postgres`, `vault`.');
  });

  describe.each(drills)('for $file, and $with', ({file, exitCode, with: others}) => {
    let drillLab: DrillLab;
    let run: DrillRun;
    let rules: string;
    let asked: readonly string[];

    beforeAll(async () => {
      drillLab = await startDrillLab({variant: variantFor(file)});
      rules = await policyFor(drillLab, file);
      await useOperator(drillLab.lab, {name: 'least', rules, withoutDefault: others !== 'default'});
      const before = (await auditLines(drillLab)).length;
      run = await drillLab.run(file);
      asked = pathsAskedWith('least', (await auditLines(drillLab)).slice(before));
    });

    afterAll(() => drillLab?.down());

    it('lets the drill end as it does otherwise', () => {
      expect(run.exitCode, run.stdout + run.stderr).toBe(exitCode);
      expect(run.result).toMatchObject({status: 'completed', left: []});
    });

    it('lets nothing be refused on the way', () => {
      expect(refusedIn(run.folder)).toEqual([]);
    });

    it('gives nothing that the drill does not use', () => {
      const paths = [...rules.matchAll(/^path "(.*)" \{$/gm)].map(([, found = '']) => found);

      const unused = paths.filter((pattern) => !asked.some((one) => matches(pattern, one)));

      expect(unused.filter((pattern) => !sometimes.includes(pattern))).toEqual([]);
    });

    it('leaves staging whole', async () => {
      await expect(drillLab.lab.check()).resolves.toEqual([]);
    });
  });
});

async function auditLines({lab}: DrillLab): Promise<readonly string[]> {
  return (await readFile(path.join(lab.data, 'openbao', 'audit.log'), 'utf8')).trimEnd().split('\n');
}

function pathsAskedWith(policy: string, lines: readonly string[]): readonly string[] {
  const asked = lines.map((line) => auditLine.parse(JSON.parse(line)));
  return [...new Set(asked.filter(({auth}) => auth?.policies?.includes(policy)).map(({request}) => request.path))];
}

function matches(pattern: string, asked: string): boolean {
  const wanted = pattern.replace(/\*$/, '').split('/');
  const given = asked.split('/');
  const same = wanted.every((segment, at) => segment === '+' || segment === given[at]);
  return pattern.endsWith('*') ? asked.startsWith(pattern.slice(0, -1)) : same && given.length === wanted.length;
}

const auditLine = z.object({
  auth: z.object({policies: z.array(z.string()).nullish()}).nullish(),
  request: z.object({path: z.string()}),
});

/** Calls and releases that were refused, also where the run got on without them. */
function refusedIn(folder: string | undefined): readonly string[] {
  const read = readJournal(`${folder}/journal.ndjson`);
  if (!read.ok) throw new Error(read.error.reason);
  return read.value.entries.flatMap((entry) => {
    if (entry.type === 'trouble') return [`${entry.data.where}: ${entry.data.message}`];
    return entry.type === 'call' && entry.data.outcome.startsWith('forbidden')
      ? [`${entry.data.operation}: ${entry.data.call}`]
      : [];
  });
}
