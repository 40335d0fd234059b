import {execFileSync} from 'node:child_process';
import {
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished} from 'vitest';
import {type DrillLab, startDrillLab} from '../helpers/drill-lab.ts';
import {type CliRun, projectFolder, runShell} from '../helpers/run-cli.ts';
import {scratchFolder} from '../helpers/scratch-folder.ts';
import {readHoldings} from './lab-holdings.ts';
import {choose} from './selection.ts';
import {writeShortDrill} from './short-drill.ts';

const isRoot = process.geteuid?.() === 0;
const nobody = 65_534;

describe('files of a run, on the lab', {timeout: 600_000}, () => {
  let drillLab: DrillLab;
  let drill: string;

  beforeAll(async () => {
    drillLab = await startDrillLab();
    drill = await writeShortDrill(drillLab.lab.home);
  });
  afterAll(() => drillLab?.down());
  afterEach(async () => {
    expect(await drillLab.lab.check()).toEqual([]);
    expect(await readHoldings(drillLab.lab)).toMatchObject({runTokens: [], secretIds: [expect.any(String)]});
  });

  const run = (
    stateDir: string,
    {before = '', onLine}: {readonly before?: string; readonly onLine?: (line: string) => void} = {},
  ): Promise<CliRun> =>
    runShell(
      `sh -c '${before} exec env "$@"' sh ${drillLab.command} --state-dir '${stateDir}' run '${drill}' --yes --reporter line`,
      {cwd: drillLab.lab.home, ...(onLine === undefined ? {} : {onLine})},
    );

  it.each(choose(['000', '077', '777'], 1))('are their owner’s alone under a umask of %s', async (umask) => {
    const stateDir = path.join(await scratchFolder('umask'), 'new', 'state');

    const {exitCode, stderr} = await run(stateDir, {before: `umask ${umask};`});

    expect([0, 3], stderr).toContain(exitCode);
    const modes = allIn(stateDir).map((file) => {
      const stat = statSync(file);
      return `${stat.isDirectory() ? 'folder' : 'file'} ${(stat.mode & 0o777).toString(8)}`;
    });
    expect(new Set(modes)).toEqual(new Set(['folder 700', 'file 600']));
  });

  it.each([
    {what: 'the run folders', name: 'runs'},
    {what: 'the locks', name: 'locks'},
  ])('are not written through a link in place of $what', async ({name}) => {
    const stateDir = await scratchFolder('link');
    const elsewhere = await scratchFolder('elsewhere');
    symlinkSync(elsewhere, path.join(stateDir, name));

    const {exitCode, stderr} = await run(stateDir);

    expect(exitCode).toBe(3);
    expect(stderr).toContain(`/${name}\` to be a folder of your own, got a link or no folder`);
    expect(stderr).not.toContain('phase shutdown');
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it.for(['a link', 'somebody else’s'])('are not gone on with where their folder is %s', async (what, {skip}) => {
    skip(!isRoot, 'only root can give a folder away');
    const stateDir = await scratchFolder('resumed');
    const name = '20260101T000000Z-orders-mcp-abcd';
    const kept = path.join(await scratchFolder('kept'), name);
    const folder = path.join(stateDir, 'runs', name);
    mkdirSync(kept, {recursive: true});
    copyFileSync(
      path.join(projectFolder, 'test/fixtures/journals/interrupted.ndjson'),
      path.join(kept, 'journal.ndjson'),
    );
    mkdirSync(path.dirname(folder));
    if (what === 'a link') symlinkSync(kept, folder);
    else cpSync(kept, folder, {recursive: true});
    if (what !== 'a link') chownSync(folder, nobody, nobody);

    const {exitCode, stderr} = await drillLab.offdrill(`--state-dir '${stateDir}' resume ${name}`);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(what === 'a link' ? `Expected a run \`${name}\`` : "of your own, got somebody else's");
  });

  it.for(['runs', 'locks'])('are not written where somebody else owns `%s`', async (name, {skip}) => {
    skip(!isRoot, 'only root can give a folder away');
    const stateDir = await scratchFolder('owner');
    mkdirSync(path.join(stateDir, name));
    chownSync(path.join(stateDir, name), nobody, nobody);

    const {exitCode, stderr} = await run(stateDir);

    expect(exitCode).toBe(3);
    expect(stderr).toContain(`/${name}\` to be a folder of your own, got somebody else's`);
  });

  it('touch nothing where the state folder is a file', async () => {
    const stateDir = path.join(await scratchFolder('file'), 'state');
    writeFileSync(stateDir, '');

    const {exitCode, stderr} = await run(stateDir);

    expect(exitCode).toBe(3);
    expect(stderr).toContain('Choose a place where you may write.');
  });

  it('touch nothing where the disk is read-only', async ({skip}) => {
    const disk = await mountSmall(skip);
    execFileSync('mount', ['-o', 'remount,ro', disk]);

    const {exitCode, stderr} = await run(path.join(disk, 'state'));

    expect(exitCode).toBe(3);
    expect(stderr).toContain('got EROFS. Choose a place where you may write.');
  });

  it('touch nothing where the disk is full', async ({skip}) => {
    const disk = await mountSmall(skip);
    fill(disk);

    const {exitCode, stderr} = await run(path.join(disk, 'state'));

    expect(exitCode).toBe(3);
    expect(stderr).toContain('ENOSPC');
    expect(stderr).not.toContain('phase shutdown');
  });

  it.for(choose(['capture', 'shutdown', 'settle', 'rollback'], 1))(
    'that can’t be written any more from %s on end in a rollback, and that is said',
    async (phase, {skip}) => {
      const disk = await mountSmall(skip);
      const stateDir = path.join(disk, 'state');

      const {exitCode, stdout, stderr} = await run(stateDir, {
        onLine: (line) => {
          if (line.endsWith(`phase ${phase}`)) fill(disk);
        },
      });

      expect(stdout).toMatch(/VERDICT +(?:INCONCLUSIVE|FAIL) /);
      expect(stderr).toMatch(/got ENOSPC\..*What is told above is from memory.*`offdrill resume \S+` looks at staging/);
      expect(stderr).not.toContain('Left to do by hand');
      expect(stdout.replace(/\s+/g, ' ')).toContain('The journal was damaged: Expected to write to');
      expect([1, 3]).toContain(exitCode);
      execFileSync('sh', ['-c', `rm ${path.join(disk, 'filler-*')}`]);
      const resumed = await drillLab.offdrill(`--state-dir '${stateDir}' resume`);
      expect([1, 3], resumed.stderr).toContain(resumed.exitCode);
      if (phase === 'capture') expect(stderr).not.toContain('phase shutdown');
    },
  );

  /** A disk of its own, of a few pages. */
  async function mountSmall(skip: (condition: boolean, why: string) => void): Promise<string> {
    skip(process.platform !== 'linux' || !isRoot, 'only root can mount a disk');
    const disk = await scratchFolder('disk');
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'tmpfs', disk], {stdio: 'pipe'});
    } catch (error) {
      skip(true, `no disk can be mounted here (${String(error).split('\n')[0]})`);
    }
    onTestFinished(() => void execFileSync('umount', ['--lazy', disk]));
    return disk;
  }
});

/** Until not one byte more fits. */
function fill(disk: string): void {
  for (let number = 0, size = 65_536; size > 0; size = Math.floor(size / 2)) {
    try {
      for (;;) writeFileSync(path.join(disk, `filler-${number++}`), 'x'.repeat(size));
    } catch {
      // Smaller pieces may still fit.
    }
  }
}

function allIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return [folder, ...readdirSync(folder, {recursive: true, encoding: 'utf8'}).map((name) => path.join(folder, name))];
}
