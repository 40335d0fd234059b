import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {projectFolder, runShell} from '../helpers/run-cli.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';

describe('npm start', () => {
  let temp: TempFolder;
  beforeEach(async () => {
    temp = await createTempFolder();
  });
  afterEach(() => temp.remove());

  const start = (args = '', onLine?: (line: string, pid: number) => void) =>
    runShell(`'${process.execPath}' '${path.join(projectFolder, 'lab', 'start.ts')}' ${args}`, {
      cwd: projectFolder,
      env: {OFFDRILL_LAB_PORTS: 'auto', OFFDRILL_STATE_DIR: path.join(temp.path, 'state'), TMPDIR: temp.path},
      ownGroup: true,
      ...(onLine === undefined ? {} : {onLine}),
    });
  /** Signals once, when a line of the output holds `text`: the whole group as Ctrl-C does, or the process alone. */
  const signalAt = (text: string, signal: NodeJS.Signals, to: 'group' | 'process') => {
    let isSent = false;
    return (line: string, pid: number): void => {
      if (isSent || !line.includes(text)) return;
      isSent = true;
      process.kill(to === 'group' ? -pid : pid, signal);
    };
  };
  const leftBehind = async () => [
    ...(await temp.files()).filter((name) => name !== 'state'),
    ...(await temp.processes()),
  ];

  it('runs the flagship, prints verdict and report, and leaves no lab behind', async () => {
    let alive: readonly string[] = [];
    let looking: Promise<void> | undefined;

    const run = await start('', (line) => {
      if (looking !== undefined || !line.includes('step revoke-leases')) return;
      looking = temp.processes().then((found) => {
        alive = found;
      });
    });
    await looking;

    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.stdout).toContain('VERDICT  PASS   orders-mcp');
    expect(run.stdout).toMatch(/^Report {2}\S+report\.txt$/m);
    expect(run.stderr).toContain('lab: down, nothing left running');
    expect(alive.length).toBeGreaterThanOrEqual(5);
    expect(await leftBehind()).toEqual([]);
  });

  it('passes on the exit code of a drill that fails', async () => {
    const run = await start('drills/orders-mcp-token-only.yaml');

    expect(run.exitCode, run.stderr).toBe(1);
    expect(run.stdout).toContain('VERDICT  FAIL   orders-mcp-token-only');
    expect(await leftBehind()).toEqual([]);
  });

  it('starts what a drill on AWS needs and nothing else, and leaves none of it behind', async () => {
    const run = await start('drills/billing-mcp-aws.yaml');

    expect(run.exitCode, run.stderr).toBe(3);
    expect(run.stdout).toContain('VERDICT  INCONCLUSIVE   billing-mcp-aws');
    expect(run.stderr).toMatch(/^lab: moto [\d.]+ up, in the place of AWS/m);
    expect(run.stderr).not.toMatch(/^lab: (?:OpenBao|PostgreSQL)/m);
    expect(await leftBehind()).toEqual([]);
  });

  it('ends the lab for AWS after Ctrl-C while it starts', async () => {
    const run = await start('drills/billing-mcp-aws.yaml', signalAt('lab: moto', 'SIGINT', 'group'));

    expect(run.exitCode, run.stderr).toBe(130);
    expect(run.stderr).toContain('lab: Interrupted by SIGINT.');
    expect(run.stdout).toBe('');
    expect(await leftBehind()).toEqual([]);
  });

  it.each([
    ['Ctrl-C', 'SIGINT', 'group', 130],
    ['SIGTERM', 'SIGTERM', 'process', 143],
  ] as const)('rolls back and ends the lab after %s in the middle', async (_what, signal, to, exitCode) => {
    const run = await start('', signalAt('step revoke-leases', signal, to));

    expect(run.exitCode, run.stderr).toBe(exitCode);
    expect(run.stdout).toContain('VERDICT  INCONCLUSIVE');
    expect(run.stderr).toContain('rollback of destroy-secret-ids: done and read back');
    expect(await leftBehind()).toEqual([]);
  });

  it.each([
    ['Ctrl-C', 'SIGINT', 'group', 130],
    ['SIGTERM', 'SIGTERM', 'process', 143],
  ] as const)('ends the lab after %s while it starts', async (_what, signal, to, exitCode) => {
    const run = await start('', signalAt('OpenBao 2', signal, to));

    expect(run.exitCode, run.stderr).toBe(exitCode);
    expect(run.stderr).toContain(`lab: Interrupted by ${signal}.`);
    expect(run.stdout).toBe('');
    expect(await leftBehind()).toEqual([]);
  });

  it('passes on the exit code of a drill that can not be read', async () => {
    const run = await start('no-such-drill.yaml');

    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('no-such-drill.yaml');
    expect(await leftBehind()).toEqual([]);
  });

  it.each([
    ['--port 18300', 'Unknown option'],
    ['--ports 80', 'Expected --ports to be `auto` or a number from 1024 to 65000, got `80`.'],
  ])('starts nothing with %s', async (args, said) => {
    const run = await start(args);

    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(said);
    expect(await leftBehind()).toEqual([]);
  });
});
