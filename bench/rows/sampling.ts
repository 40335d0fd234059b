import {mkdtemp, rm} from 'node:fs/promises';
import path from 'node:path';
import {readChild} from '../children.ts';
import {type BenchServer, startServer} from '../http-server.ts';
import type {Measurement, Reading, Row} from '../measurement.ts';
import {type SamplingReport, samplingReport} from '../sampling/report.ts';
import type {SamplingTask} from '../sampling/task.ts';

type Figure = Omit<Row, 'name'> & {readonly what: string; readonly of: keyof SamplingReport};

const figures: readonly Figure[] = [
  {what: 'samples of those due', of: 'taken', unit: '%', goal: {kind: 'at-least', limit: 99.5}},
  {what: 'interval p99', of: 'intervalP99', unit: '× nominal', goal: {kind: 'at-most', limit: 1.1}},
  {what: 'lateness', of: 'latenessMs', unit: 'ms', goal: {kind: 'ratio', atMost: 2}},
  {what: 'growth of lateness', of: 'growthMs', unit: 'ms', goal: {kind: 'at-most', limit: 1}},
  {what: 'processor', of: 'cpuMs', unit: 'ms', goal: {kind: 'ratio', atMost: 1.75}},
];

export const samplings: readonly Measurement[] = [
  defineSampling('sampling-1', '1 probe', {probes: 1, hasSlow: false}),
  defineSampling('sampling-20', '20 probes', {probes: 20, hasSlow: false}),
  defineSampling('sampling-100', '100 probes', {probes: 100, hasSlow: false}),
  defineSampling('sampling-slow', '19 beside one of 1 s', {probes: 20, hasSlow: true}),
];

/** Ours and a bare timer loop that asks the same, one after the other, each alone in a process. */
function defineSampling(name: string, what: string, task: Pick<SamplingTask, 'probes' | 'hasSlow'>): Measurement {
  let server: BenchServer | undefined;
  const nameOf = (figure: Figure): string => `${what} at 10 Hz: ${figure.what}`;
  return {
    name,
    rows: figures.map((figure) => ({name: nameOf(figure), unit: figure.unit, goal: figure.goal})),
    async prepare() {
      server = await startServer();
      return server.end;
    },
    async measure({folder, samplingMs}) {
      const own = await mkdtemp(path.join(folder, 'sampling-'));
      const given: SamplingTask = {...task, url: server?.url ?? '', warmUpMs: 1000, samplingMs, folder: own};
      const bare = samplingReport.parse(await readChild('sample.ts', ['bare', JSON.stringify(given)]));
      const ours = samplingReport.parse(await readChild('sample.ts', ['ours', JSON.stringify(given)]));
      await rm(own, {recursive: true});
      return new Map(
        figures.map((figure): [string, Reading] => [nameOf(figure), {value: ours[figure.of], floor: bare[figure.of]}]),
      );
    },
  };
}
