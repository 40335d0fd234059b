import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {readRun} from '../../src/api/read-run.ts';
import type {Entry} from '../../src/journal/entries.ts';
import type {SentSample} from './lateness.ts';

export type SettledRun = {
  readonly verdict: string;
  readonly reasons: readonly string[];
  /** Milliseconds since the epoch. */
  readonly settle: {readonly from: number; readonly to: number};
  readonly samples: readonly SentSample[];
  readonly due: number;
  readonly skipped: number;
  readonly entries: number;
};

/** What the only run of a state folder left behind, and of its samples those of settle. */
export async function readSettledRun(stateDir: string): Promise<SettledRun> {
  const runs = path.join(stateDir, 'runs');
  const folder = path.join(runs, (await readdir(runs))[0] ?? '');
  const {result, entries} = readRun(folder);
  const settle = {from: phaseAt(entries, 'settle'), to: phaseAt(entries, 'rollback')};
  const lines = (await readFile(path.join(folder, 'samples.ndjson'), 'utf8')).trim().split('\n');
  const samples = lines
    .map((line) => JSON.parse(line) as {p: string; g: number; t: number})
    .filter(({g, t}) => g === 1 && t > settle.from && t < settle.to)
    .map(({p, t}) => ({probe: p, sentAt: t}));
  const counts = entries.flatMap((entry) => (entry.type === 'probe.summary' ? (entry.data.phases.settle ?? []) : []));
  return {
    verdict: result.verdict,
    reasons: Object.values(result.criteria).flatMap((criterion) => criterion.reasons),
    settle,
    samples,
    due: counts.reduce((total, {due}) => total + due, 0),
    skipped: counts.reduce((total, {skipped}) => total + skipped, 0),
    entries: entries.length,
  };
}

function phaseAt(entries: readonly Entry[], phase: string): number {
  const started = entries.find((entry) => entry.type === 'phase.started' && entry.data.phase === phase);
  return started === undefined ? Number.NaN : Date.parse(started.time);
}
