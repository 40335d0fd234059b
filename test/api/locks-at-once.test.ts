import {spawn} from 'node:child_process';
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {identifyProcess} from '../../src/api/process-identity.ts';
import {recordReliability} from '../helpers/reliability.ts';

/** 1,000 by `npm run reliability`. */
const starts = Number(process.env.OFFDRILL_LOCK_STARTS ?? 200);
const processes = 8;
const rounds = 5;

/** For each line, the name of an integration, tries for its lock as often as it was told, all at once; prints how many it got. */
const program = `
  import {createInterface} from 'node:readline';
  import {lockIntegration} from ${JSON.stringify(path.resolve(import.meta.dirname, '../../src/api/run-lock.ts'))};
  const [stateDir, tries] = process.argv.slice(1);
  console.log('ready');
  for await (const integration of createInterface({input: process.stdin})) {
    const run = (number) => lockIntegration({stateDir, integration, run: process.pid + '-' + number});
    const locks = await Promise.all(Array.from({length: Number(tries)}, (_each, number) => run(number)));
    console.log(locks.filter(({ok}) => ok).length);
  }
`;

describe('locks on files, by many at once', {timeout: 120_000}, () => {
  let stateDir: string;
  let children: readonly {ask(line: string): Promise<string>; end(): void}[];

  beforeAll(async () => {
    stateDir = await mkdtemp(path.join(tmpdir(), 'offdrill-locks-'));
    children = await Promise.all(Array.from({length: processes}, () => start(stateDir, starts / processes)));
  });
  afterAll(async () => {
    for (const child of children) child.end();
    await rm(stateDir, {recursive: true, force: true});
  });

  it.each([
    ['where nobody held it', undefined],
    ['where it was released', {state: 'released'}],
    ['where a process that is gone had touched nothing', {state: 'held'}],
  ])(`let one of ${starts} win, %s`, async (what, left) => {
    const winners: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const integration = `${what.replaceAll(' ', '-')}-${round}`;
      if (left !== undefined) {
        const folder = path.join(stateDir, 'locks', integration);
        await mkdir(folder, {recursive: true, mode: 0o700});
        const process = {...identifyProcess(), boot: 'before this one'};
        await writeFile(path.join(folder, '1'), JSON.stringify({...left, run: 'earlier', process}));
      }
      const won = await Promise.all(children.map((child) => child.ask(integration)));
      winners.push(won.reduce((sum, each) => sum + Number(each), 0));
    }

    recordReliability('lock', {name: `files, ${what}`, starts, processes, rounds, winners: Math.max(...winners)});
    expect(winners).toEqual(Array(rounds).fill(1));
  });
});

async function start(stateDir: string, tries: number): Promise<{ask(line: string): Promise<string>; end(): void}> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, stateDir, String(tries)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  await next();
  return {
    ask: (line) => {
      child.stdin.write(`${line}\n`);
      return next();
    },
    end: () => child.stdin.end(),
  };
}
