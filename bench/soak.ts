import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {type Lab, startLab} from '../lab/lab.ts';
import {fillPage} from './fill-page.ts';
import {latenessOf} from './soak/lateness.ts';
import {type ProcessReading, readProcess} from './soak/read-process.ts';
import {readSettledRun, type SettledRun} from './soak/read-run-files.ts';
import {stretchDrill} from './soak/stretch-drill.ts';
import {renderTrends, type Trend, trendOf} from './soak/trend.ts';

/** `npm run soak -- [--minutes 30]`: the flagship drill with a long settle and every probe at 50 ms, watched from outside. */
const everyMs = 50;
const root = path.resolve(import.meta.dirname, '..');
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const {values} = parseArgs({options: {minutes: {type: 'string', default: '30'}}});
const minutes = Number(values.minutes);
process.exitCode = await soak();

async function soak(): Promise<number> {
  const home = await mkdtemp(path.join(tmpdir(), 'offdrill-soak-'));
  const lab = await startLab({home, ports: 'auto', log: say});
  try {
    const drill = path.join(home, 'soak.yaml');
    const flagship = await readFile(path.join(root, 'drills', 'orders-mcp.yaml'), 'utf8');
    await writeFile(drill, stretchDrill(flagship, {minutes, every: `${everyMs}ms`}));
    const stateDir = path.join(home, 'state');
    const {readings, exitCode} = await runWatched(lab, drill, stateDir);
    return await conclude(await readSettledRun(stateDir), readings, exitCode);
  } finally {
    await lab.down();
    await rm(home, {recursive: true, force: true});
  }
}

async function runWatched(lab: Lab, drill: string, stateDir: string) {
  const limit = `${Math.ceil(minutes) + 10}m`;
  const command = `${lab.drillCommand} --state-dir '${stateDir}' run '${drill}' --yes --reporter line --max-duration ${limit}`;
  // `exec env` puts the drill itself in the place of the shell, so that this pid is its own.
  const child = spawn('sh', ['-c', `exec env ${command}`], {cwd: lab.home, stdio: ['ignore', 'ignore', 'inherit']});
  const ended = once(child, 'exit').then(([code]) => Number(code ?? 3));
  const readings: ProcessReading[] = [];
  const pauseMs = Math.min(30_000, (minutes * 60_000) / 40);
  let isRunning = true;
  ended.then(() => {
    isRunning = false;
  });
  while (isRunning) {
    await Promise.race([ended, delay(pauseMs)]);
    const reading = isRunning ? await readProcess(child.pid ?? 0, Date.now()) : undefined;
    if (reading === undefined) continue;
    readings.push(reading);
    say(`soak: ${reading.rssMb.toFixed(0)} MB, ${reading.descriptors} descriptors`);
  }
  return {readings, exitCode: await ended};
}

async function conclude(run: SettledRun, all: readonly ProcessReading[], exitCode: number): Promise<number> {
  const {settle, samples, verdict} = run;
  // What V8 takes at the beginning, until its first great collection, is no growth.
  const warm = settle.from + (settle.to - settle.from) / 5;
  const readings = all.filter(({at}) => at > warm && at < settle.to);
  const late = latenessOf(samples, everyMs);
  const rss = readings.map(({at, rssMb}) => ({at, value: rssMb}));
  const descriptors = readings.map((reading) => ({at: reading.at, value: reading.descriptors}));
  const lateness = late.map(({at, lateMs}) => ({at, value: lateMs}));
  const lowest = (values: readonly number[]): number => Math.min(...values);
  const trends: readonly Trend[] = [
    // Between two collections there is garbage, as much as V8 sees fit: what is kept shows where it is lowest.
    trendOf(rss, {what: 'memory (RSS), lowest', unit: 'MB', bound: 32}, lowest),
    trendOf(rss, {what: 'memory (RSS), median', unit: 'MB', bound: 96}),
    trendOf(descriptors, {what: 'open descriptors', unit: '', bound: 2}),
    trendOf(lateness, {what: 'lateness', unit: 'ms', bound: 2}),
  ];
  const share = (100 * (run.due - run.skipped)) / run.due;
  const peak = Math.max(...all.map(({rssMb}) => rssMb));
  const caption = [
    `Node ${process.version.slice(1)}, ${new Date().toISOString().slice(0, 10)}: ${minutes} minutes of settle, every probe each ${everyMs} ms, verdict ${verdict}.`,
    `${run.samples.length} samples in settle (${share.toFixed(2)} % of ${run.due} due), ${run.entries} entries in the journal of the whole run, ${peak.toFixed(0)} MB at most.`,
  ].join('\n');
  const table = renderTrends(trends);
  process.stdout.write(`${caption}\n${table}\n`);
  for (const reason of run.reasons) say(reason);
  const page = path.join(root, 'docs', 'performance.md');
  await writeFile(page, fillPage(await readFile(page, 'utf8'), 'soak', `\n${caption}\n\n${table}\n`));
  // A machine that is busy with something else makes gaps, of which the verdict tells; they are no leak.
  const ran = exitCode === 0 || verdict === 'inconclusive';
  return ran && trends.every(({grows}) => !grows) ? 0 : 1;
}
