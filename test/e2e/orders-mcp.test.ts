import {readdir, readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {readJournal} from '../../src/journal/read-journal.ts';
import {type DrillLab, type DrillRun, startDrillLab} from '../helpers/drill-lab.ts';
import {collectLabSecrets, formsOf} from '../helpers/lab-secrets.ts';

describe('drills/orders-mcp.yaml', () => {
  let drillLab: DrillLab;
  let run: DrillRun;
  let secretIdBefore: string;

  beforeAll(async () => {
    drillLab = await startDrillLab({rawAudit: true});
    secretIdBefore = await readFile(secretIdFile(), 'utf8');
    run = await drillLab.run('orders-mcp.yaml');
  });
  afterAll(() => drillLab?.down());

  const secretIdFile = (): string => path.join(drillLab.lab.data, 'orders-mcp', 'secret-id');
  const runFiles = async (): Promise<readonly string[]> => {
    const folder = run.folder ?? '';
    return (await readdir(folder)).map((name) => path.join(folder, name));
  };

  it('passes with every criterion met', () => {
    expect(run.result?.criteria, run.stderr).toEqual({
      baseline: {state: 'met', reasons: []},
      shutdown: {state: 'met', reasons: []},
      'access-removed': {state: 'met', reasons: []},
      'dependents-unharmed': {state: 'met', reasons: []},
      'no-manual-recovery': {state: 'met', reasons: []},
      restored: {state: 'met', reasons: []},
      evidence: {state: 'met', reasons: []},
    });
    expect(run.result).toMatchObject({status: 'completed', verdict: 'pass', exitCode: 0, target: 'real', left: []});
    expect(run.exitCode).toBe(0);
  });

  it('finds every access dead and the old credentials dead after rollback', () => {
    const access = Object.entries(run.result?.access ?? {});
    const found = access.map(([name, {surface, afterRollback}]) => [name, surface, afterRollback]);

    expect(found).toEqual([
      ['tool', 'dead', 'allowed'],
      ['token', 'dead', 'denied'],
      ['login-again', 'dead', 'denied'],
      ['db-new-login', 'dead', 'denied'],
      ['db-held-session', 'dead', 'denied'],
      ['holdings', 'dead', 'denied'],
      ['backends', 'dead', 'denied'],
    ]);
    for (const [name, {deniedAfterMs, limitMs}] of access) {
      expect(deniedAfterMs?.[1], name).toBeLessThanOrEqual(limitMs);
    }
  });

  it('sees the dependents through without an outage', () => {
    expect(run.result?.dependents).toMatchObject({
      checkout: {availability: 1, longestOutageMs: 0, restarts: 0},
      assistant: {availability: 1, longestOutageMs: 0, restarts: 0},
    });
  });

  it('proves for Vault and PostgreSQL that nobody helped, and lists blind spots', () => {
    const recovery = run.result?.manualRecovery;

    expect(recovery?.state).toBe('none');
    expect(recovery?.events).toEqual([]);
    expect(recovery?.audited).toEqual(
      ['vault', 'shop'].map((system) => ({system, entries: expect.any(Number), completeTo: expect.any(String)})),
    );
    expect(recovery?.audited[0]?.entries).toBeGreaterThan(50);
    expect(recovery?.blind).toEqual([
      {system: 'command', why: 'who starts processes on this host is not recorded'},
      {system: 'shop', why: expect.stringContaining('a DO block or a function sets')},
      {system: 'shop', why: expect.stringContaining('a superuser may turn the log off')},
      {system: 'shop', why: expect.stringContaining('begun and removed between two')},
    ]);
  });

  it('leaves staging whole on a new secret-id', async () => {
    const secretId = await readFile(secretIdFile(), 'utf8');

    await expect(drillLab.lab.check()).resolves.toEqual([]);
    expect(secretId).not.toBe(secretIdBefore);
    expect((await stat(secretIdFile())).mode & 0o777).toBe(0o600);
  });

  it('writes an unbroken journal with intents before outcomes', () => {
    const journal = readJournal(path.join(run.folder ?? '', 'journal.ndjson'));

    if (!journal.ok) throw new Error(journal.error.reason);
    const {entries} = journal.value;
    const order = entries.flatMap((entry) =>
      entry.type === 'step.started' || entry.type === 'step.succeeded' ? [`${entry.type} ${entry.data.step}`] : [],
    );
    const steps = ['stop-server', 'destroy-secret-ids', 'revoke-leases', 'revoke-tokens', 'end-sessions'];
    expect(order).toEqual(steps.flatMap((step) => [`step.started ${step}`, `step.succeeded ${step}`]));
    expect(entries.at(-1)).toMatchObject({type: 'run.finished', data: {verdict: 'pass', exitCode: 0}});
  });

  it('keeps run files to their owner', async () => {
    const modes = await Promise.all((await runFiles()).map(async (file) => (await stat(file)).mode & 0o777));

    expect(new Set(modes)).toEqual(new Set([0o600]));
    expect((await stat(run.folder ?? '')).mode & 0o777).toBe(0o700);
  });

  it('shows no secret that ever existed in the lab, in any form', async () => {
    const secrets = await collectLabSecrets(drillLab.lab);
    const texts = await Promise.all((await runFiles()).map((file) => readFile(file, 'utf8')));
    const shown = [...secrets].flatMap(([secret, field]) =>
      formsOf(secret).some((form) => [...texts, run.stdout, run.stderr].some((text) => text.includes(form)))
        ? [field]
        : [],
    );

    const fields = [...secrets.values()];
    expect(fields).toEqual(expect.arrayContaining(['root token', 'OFFDRILL_VAULT_TOKEN', 'secret-id of orders-mcp']));
    expect(secrets.has(secretIdBefore)).toBe(true);
    // Tokens of both services and of the run, its captures of both generations and its login probes.
    expect(fields.filter((field) => field === 'client_token').length).toBeGreaterThanOrEqual(7);
    // Database users of both services, before and after, and those of the captures.
    expect(fields.filter((field) => field === 'password').length).toBeGreaterThanOrEqual(5);
    expect(texts.length).toBeGreaterThanOrEqual(5);
    expect(shown).toEqual([]);
  });

  it('keeps user names, lease ids and role names readable', async () => {
    const journal = await readFile(path.join(run.folder ?? '', 'journal.ndjson'), 'utf8');

    expect(journal).toMatch(/v-approle-orders-m-[A-Za-z0-9]+-\d+/);
    expect(journal).toMatch(/database\/creds\/orders-mcp\/[A-Za-z0-9]{24}/);
    expect(journal).toContain('"orders_mcp_users"');
  });

  it('lists the run and renders its report again', async () => {
    const list = await drillLab.offdrill('list --json');
    const report = await drillLab.offdrill('report -f json');
    const text = await drillLab.offdrill('report');

    expect(JSON.parse(list.stdout).runs).toMatchObject([{verdict: 'pass', exitCode: 0, status: 'completed'}]);
    expect(JSON.parse(report.stdout)).toEqual(run.result);
    expect(text.stdout).toContain('VERDICT  PASS   orders-mcp');
  });

  it('stops at the baseline when asked and changes nothing', async () => {
    const secretId = await readFile(secretIdFile(), 'utf8');

    const rehearsal = await drillLab.run('orders-mcp.yaml', '--until baseline');

    expect(rehearsal.result?.criteria.baseline.state, rehearsal.stderr).toBe('met');
    expect(rehearsal.result).toMatchObject({verdict: 'inconclusive', status: 'completed', exitCode: 3});
    expect(rehearsal.result?.steps.map(({status}) => status)).toEqual(Array(5).fill('not-started'));
    expect(await readFile(secretIdFile(), 'utf8')).toBe(secretId);
    await expect(drillLab.lab.check()).resolves.toEqual([]);
  });

  it('passes a second time on what it restored', async () => {
    const again = await drillLab.run('orders-mcp.yaml', '--json');

    expect(again.exitCode, again.stderr).toBe(0);
    expect(JSON.parse(again.stdout)).toEqual(again.result);
  });
});
