import {execFile} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {chmod, cp, mkdir, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {postgresLogs} from '../../lab/postgres.ts';
import {type DrillLab, startDrillLab} from '../helpers/drill-lab.ts';
import {type CliRun, projectFolder, runShell} from '../helpers/run-cli.ts';

/** The image of `Dockerfile`, as it is meant to run: read-only, without any capability, as somebody it does not know. */
describe('Dockerfile', () => {
  const image = `offdrill-test/tool-${randomBytes(4).toString('hex')}`;
  const user = 4321;
  let work: string;

  beforeAll(async () => {
    const node = process.env.OFFDRILL_IMAGE_NODE;
    const base = node === undefined ? [] : ['--build-arg', `NODE_IMAGE=${node}`];
    await promisify(execFile)('docker', ['build', '--tag', image, ...base, projectFolder], {maxBuffer: 1e8});
    work = await mkdtemp(path.join(tmpdir(), 'offdrill-image-'));
    await chmod(work, 0o777);
    await cp(path.join(projectFolder, 'drills'), path.join(work, 'drills'), {recursive: true});
  });
  afterAll(async () => {
    await promisify(execFile)('docker', ['rmi', '--no-prune', image]);
    await rm(work, {recursive: true, force: true});
  });

  const offdrill = (args: string, options = ''): Promise<CliRun> =>
    runShell(
      `docker run --rm --read-only --cap-drop ALL --user ${user}:${user} --volume '${work}:/work' ${options} ${image} ${args}`,
    );

  it('runs as nobody in particular, unless told otherwise', async () => {
    const {stdout} = await runShell(`docker run --rm --entrypoint id ${image} -u`);

    expect(stdout).toBe('10001\n');
  });

  it('validates a drill on a read-only file system', async () => {
    expect(await offdrill('validate drills/orders-mcp.yaml')).toEqual({
      exitCode: 0,
      stdout: 'drills/orders-mcp.yaml: valid\n',
      stderr: '',
    });
  });

  describe('with a lab on the same network', () => {
    let drillLab: DrillLab;
    beforeAll(async () => {
      drillLab = await startDrillLab();
      await cp(path.join(drillLab.lab.data), path.join(work, '.lab'), {
        recursive: true,
        filter: (file) => !file.includes('/postgres') && !file.endsWith('audit.log'),
      });
      await mkdir(path.join(work, 'state'), {mode: 0o777});
      await runShell(`chmod -R a+rwX '${work}'`);
    });
    afterAll(() => drillLab?.down());

    it('proves a baseline, and leaves the record of it in the work folder', async () => {
      const audit = path.join(drillLab.lab.data, 'openbao', 'audit.log');
      await runShell(`chmod 644 '${audit}'`);
      const log = path.join(postgresLogs(drillLab.lab.data), 'postgres.json');

      const run = await offdrill(
        '--env-file .lab/offdrill.env --vars .lab/vars.yaml --base . --state-dir state run drills/orders-mcp.yaml --yes --until baseline',
        `--network host --volume '${audit}:/work/.lab/openbao/audit.log:ro' --volume '${log}:/work/.lab/postgres-log/postgres.json:ro'`,
      );

      expect(run, run.stderr).toMatchObject({exitCode: 3, stdout: expect.stringMatching(/✔ met +baseline/)});
      const owners = await runShell(`stat -c %u '${work}'/state/runs/*/journal.ndjson`);
      expect(owners.stdout).toBe(`${user}\n`);
    });
  });
});
