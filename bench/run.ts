import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {availableParallelism, cpus, tmpdir} from 'node:os';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {fillPage} from './fill-page.ts';
import type {Measurement, Reading} from './measurement.ts';
import {renderMarkdownTable, renderTable} from './render-table.ts';
import {commandLine} from './rows/command-line.ts';
import {httpProbes} from './rows/http-probes.ts';
import {noOpSteps} from './rows/no-op-steps.ts';
import {processSteps} from './rows/process-steps.ts';
import {sampleCost} from './rows/sample-cost.ts';
import {samplings} from './rows/sampling.ts';
import {timeToDenialHttp} from './rows/time-to-denial-http.ts';
import {timeToDenialOpenBao} from './rows/time-to-denial-openbao.ts';
import {type RowSummary, resultOf, summarize} from './summary.ts';

/** `npm run bench -- [--rounds N] [--sampling SECONDS] [NAME …]`: measures, and writes down what it saw. */
const measurements: readonly Measurement[] = [
  commandLine,
  noOpSteps,
  processSteps,
  httpProbes,
  ...samplings,
  timeToDenialHttp,
  timeToDenialOpenBao,
  sampleCost,
];

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const root = path.resolve(import.meta.dirname, '..');

process.exitCode = await main();

async function main(): Promise<number> {
  const {values, positionals} = parseArgs({
    options: {rounds: {type: 'string', default: '5'}, sampling: {type: 'string', default: '4'}},
    allowPositionals: true,
  });
  const chosen = measurements.filter(({name}) => positionals.length === 0 || positionals.includes(name));
  const unknown = positionals.filter((name) => !measurements.some((measurement) => measurement.name === name));
  if (unknown.length > 0) {
    say(`Expected names of ${measurements.map(({name}) => name).join(', ')}; got ${unknown.join(', ')}.`);
    return 1;
  }
  const rounds = Number(values.rounds);
  const {readings, failed} = await measureAll(chosen, {rounds, samplingMs: Number(values.sampling) * 1000});
  const rows = chosen.flatMap((measurement) =>
    measurement.rows.flatMap((row) => {
      const found = readings.get(row.name) ?? [];
      return found.length === 0 ? [] : [summarize(row, found)];
    }),
  );
  process.stdout.write(`${renderTable(rows)}\n`);
  if (positionals.length === 0) await record(rows, rounds);
  return failed ? 1 : 0;
}

/** Round by round, so that a slow minute of the machine meets all alike. */
async function measureAll(
  chosen: readonly Measurement[],
  {rounds, samplingMs}: {readonly rounds: number; readonly samplingMs: number},
): Promise<{readonly readings: ReadonlyMap<string, readonly Reading[]>; readonly failed: boolean}> {
  const readings = new Map<string, Reading[]>();
  const folder = await mkdtemp(path.join(tmpdir(), 'offdrill-bench-'));
  const undo: (() => Promise<void>)[] = [];
  const broken = new Set<Measurement>();
  const attempt = async (measurement: Measurement, act: () => Promise<void>): Promise<void> => {
    if (broken.has(measurement)) return;
    try {
      await act();
    } catch (error) {
      broken.add(measurement);
      say(
        `${measurement.name} could not be measured: ${error instanceof Error ? error.message : 'no error was given'}`,
      );
    }
  };
  try {
    for (const measurement of chosen) {
      await attempt(measurement, async () => {
        const undone = await measurement.prepare?.({folder, samplingMs, round: 0});
        if (undone !== undefined) undo.push(undone);
      });
    }
    for (let round = 1; round <= rounds; round++) {
      for (const measurement of chosen) {
        await attempt(measurement, async () => {
          for (const [name, reading] of await measurement.measure({folder, samplingMs, round})) {
            readings.set(name, [...(readings.get(name) ?? []), reading]);
            const floor = reading.floor === undefined ? '' : `, floor ${reading.floor.toFixed(2)}`;
            say(`round ${round} of ${rounds} · ${name}: ${reading.value.toFixed(2)}${floor}`);
          }
        });
      }
    }
  } finally {
    for (const end of undo.toReversed()) await end();
    await rm(folder, {recursive: true, force: true});
  }
  return {readings, failed: broken.size > 0};
}

async function record(rows: readonly RowSummary[], rounds: number): Promise<void> {
  const machine = {
    node: process.version,
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
  };
  const date = new Date().toISOString();
  const results = {version: 1, date, ...machine, rounds, rows: rows.map(resultOf)};
  await writeFile(path.join(root, 'bench', 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  const page = path.join(root, 'docs', 'performance.md');
  const {node, cores, processor} = machine;
  const caption = `Node ${node.slice(1)}, ${cores} cores (${processor}), ${rounds} rounds, ${date.slice(0, 10)}: the median, and in brackets the range.`;
  await writeFile(
    page,
    fillPage(await readFile(page, 'utf8'), 'bench', `\n${caption}\n\n${renderMarkdownTable(rows)}\n`),
  );
}
