import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {readdir, readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import {type RunResult, resultSchema} from '../../src/verdict/result.ts';
import {type DrillLab, startDrillLab} from '../helpers/drill-lab.ts';
import {eventually} from '../helpers/eventually.ts';
import {programEnvironment} from '../helpers/run-cli.ts';
import {readHoldings} from './lab-holdings.ts';
import {choose} from './selection.ts';
import {missingButForPace, writeShortDrill} from './short-drill.ts';

const isLinux = process.platform === 'linux';

const waysToLose: readonly {readonly lost: string; readonly line: (run: string) => string}[] = [
  {lost: 'stdout', line: (run: string) => `{ ${run} 2> log; echo $? > code; } | true`},
  {lost: 'stderr', line: (run: string) => `{ ${run} 2>&1 > log; echo $? > code; } | true`},
  {lost: 'all after the first line', line: (run: string) => `{ ${run} 2>&1; echo $? > code; } | head -1`},
  {
    lost: 'what goes to a disk that is full',
    line: (run: string) => `${run} > /dev/full 2> /dev/full; echo $? > code`,
  },
  {lost: 'all from the start', line: (run: string) => `${run} <&- >&- 2>&-; echo $? > code`},
];

describe('lost output, on the lab', {timeout: 600_000}, () => {
  let drillLab: DrillLab;
  let home: string;
  let command: string;

  beforeAll(async () => {
    drillLab = await startDrillLab();
    ({home} = drillLab.lab);
    const drill = await writeShortDrill(home);
    command = `env ${drillLab.command} --state-dir '${drillLab.stateDir}' run '${drill}' --yes`;
  });
  afterAll(() => drillLab?.down());
  afterEach(async () => {
    expect(await drillLab.lab.check()).toEqual([]);
    expect(await readHoldings(drillLab.lab)).toMatchObject({runTokens: [], secretIds: [expect.any(String)]});
  });

  it.each(choose(waysToLose, 2))('of $lost changes nothing of the run', async ({line}) => {
    const {exitCode, result} = await runIn(['sh', '-c', line(command)]);

    expect(exitCode).toBe(result?.exitCode);
    expect(missingButForPace(result)).toEqual([]);
  });

  it.runIf(isLinux)('with the terminal lets the run bring everything back', async () => {
    const {exitCode, result} = await runInTerminal(`(trap "" HUP; ${command}; echo $? > code); true`);

    expect(exitCode).toBe(143);
    expect(result).toMatchObject({status: 'interrupted', exitCode: 143, left: []});
  });

  it.runIf(isLinux)('with the terminal of others lets the run go on', async () => {
    const {exitCode, result} = await runInTerminal(`setsid --wait sh -c '${inQuotes(`${command}; echo $? > code`)}'`);

    expect(exitCode).toBe(result?.exitCode);
    expect(missingButForPace(result)).toEqual([]);
  });

  /** In a terminal that is closed when shutdown has begun: whoever held its other end is killed. */
  async function runInTerminal(line: string): Promise<Ended> {
    const before = await newestRun();
    return runIn(
      ['env', 'SHELL=/bin/sh', 'script', '--quiet', '--flush', '--command', line, '/dev/null'],
      async (pid) => {
        await eventually(async () => {
          expect(await newestRun()).not.toBe(before);
          expect(await newestJournal()).toContain('"step.started"');
        });
        process.kill(pid, 'SIGKILL');
      },
    );
  }

  type Ended = {readonly exitCode: number; readonly result: RunResult | undefined};

  /** The exit code is read from a file: what would print it may be what is lost. */
  async function runIn(argv: readonly string[], meanwhile?: (pid: number) => Promise<void>): Promise<Ended> {
    const code = path.join(home, 'code');
    await rm(code, {force: true});
    const [program = '', ...words] = argv;
    const child = spawn(program, words, {cwd: home, env: programEnvironment(), stdio: ['ignore', 'ignore', 'inherit']});
    const ended = once(child, 'close');
    await meanwhile?.(child.pid ?? 0);
    await ended;
    await eventually(() => expect(existsSync(code)).toBe(true));
    const exitCode = Number(await readFile(code, 'utf8'));
    const folder = await newestRun();
    const text = await readFile(path.join(folder, 'result.json'), 'utf8').catch(() => undefined);
    return {exitCode, result: text === undefined ? undefined : resultSchema.parse(JSON.parse(text))};
  }

  async function newestRun(): Promise<string> {
    const runs = path.join(drillLab.stateDir, 'runs');
    const newest = (await readdir(runs).catch(() => [])).sort().at(-1);
    return path.join(runs, newest ?? 'none');
  }

  async function newestJournal(): Promise<string> {
    return readFile(path.join(await newestRun(), 'journal.ndjson'), 'utf8').catch(() => '');
  }
});

function inQuotes(text: string): string {
  return text.replaceAll("'", `'\\''`);
}
