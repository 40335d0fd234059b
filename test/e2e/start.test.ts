import {chmod, mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {projectFolder, runShell} from '../helpers/run-cli.ts';

describe('npm start', () => {
  let temp: string;
  beforeEach(async () => {
    temp = await mkdtemp(path.join(tmpdir(), 'offdrill-start-'));
    // PostgreSQL runs as another user where this is root, and must pass through.
    await chmod(temp, 0o711);
  });
  afterEach(() => rm(temp, {recursive: true, force: true}));

  const start = (args = '', onLine?: (line: string, pid: number) => void) =>
    runShell(`'${process.execPath}' '${path.join(projectFolder, 'lab', 'start.ts')}' ${args}`, {
      cwd: projectFolder,
      env: {OFFDRILL_LAB_PORTS: 'auto', OFFDRILL_STATE_DIR: path.join(temp, 'state'), TMPDIR: temp},
      ...(onLine === undefined ? {} : {onLine}),
    });
  const leftBehind = async () => (await readdir(temp)).filter((name) => name !== 'state');

  it('runs the flagship, prints verdict and report, and leaves no lab behind', async () => {
    const run = await start();

    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.stdout).toContain('VERDICT  PASS   orders-mcp');
    expect(run.stdout).toMatch(/^Report {2}\S+report\.txt$/m);
    expect(run.stderr).toContain('lab: down, nothing left running');
    expect(await leftBehind()).toEqual([]);
  });

  it('rolls back and ends the lab when told to stop in the middle', async () => {
    let told = false;

    const run = await start('', (line, pid) => {
      if (told || !line.includes('step revoke-leases')) return;
      told = true;
      process.kill(pid, 'SIGTERM');
    });

    expect(run.exitCode, run.stderr).toBe(143);
    expect(run.stdout).toContain('VERDICT  INCONCLUSIVE');
    expect(run.stderr).toContain('rollback of destroy-secret-ids: done and read back');
    expect(await leftBehind()).toEqual([]);
  });

  it('passes on the exit code of a drill that can not be read', async () => {
    const run = await start('no-such-drill.yaml');

    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('no-such-drill.yaml');
    expect(await leftBehind()).toEqual([]);
  });
});
