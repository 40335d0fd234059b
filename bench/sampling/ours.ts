import type {Probe} from '../../src/contract/operation.ts';
import {type GetInput, get} from '../../src/drivers/http/get.ts';
import {SamplesFile} from '../../src/journal/samples-file.ts';
import type {PlannedDependent} from '../../src/plan/plan.ts';
import {createRedactor} from '../../src/redact/redactor.ts';
import {ProbeBoard} from '../../src/run/probe-board.ts';
import type {Measure} from './bare.ts';
import {createFacilities} from './facilities.ts';
import type {Timeline} from './report.ts';
import {counts, everyMs, type SamplingTask, urlOf} from './task.ts';

/** The run's own board of probes, each `http/get`, its samples written as in a run. */
export async function sampleOurs(task: SamplingTask, measure: Measure): Promise<readonly Timeline[]> {
  const redactor = createRedactor();
  const samples = await SamplesFile.create({folder: task.folder, redact: (text) => redactor.redact(text)});
  const timelines = new Map<string, Timeline>();
  const board = new ProbeBoard(({options: {probe, generation}}, {sequence, sentAt, receivedAt, state, code}) => {
    samples.append({probe, generation, sequence, sentAt, durationMs: receivedAt - sentAt, state, code});
  });
  const startedAt = new Map<string, number>();
  const ticksBefore = new Map<string, number>();

  /** Called as a sample is sent, when its tick has just been counted. */
  const note = (probe: string): void => {
    const timeline = timelines.get(probe);
    const sampler = board.find(probe, 1);
    if (timeline === undefined || sampler === undefined) return;
    const ticks = [...sampler.counts.values()].reduce((total, {due}) => total + due, 0);
    if (!measure.counts()) {
      ticksBefore.set(probe, ticks);
      return;
    }
    const dueAt = (startedAt.get(probe) ?? 0) + sampler.options.offsetMs + (ticks - 1) * everyMs;
    timeline.samples.push({dueAt, sentAt: clock.now()});
    timeline.due = ticks - (ticksBefore.get(probe) ?? 0);
  };
  const dependents = Array.from({length: task.probes}, (_, at): PlannedDependent => {
    const name = `probe-${at}`;
    if (counts(task, at)) timelines.set(name, {samples: [], due: 0});
    return {name, call: callOf(urlOf(task, at), () => note(name)), everyMs, timeoutMs: 2000};
  });
  const facilities = createFacilities({
    folder: task.folder,
    redactor,
    journal: ({type, data}) => {
      if (type === 'probe.started') startedAt.set(data.probe, clock.now());
    },
  });
  const {clock} = facilities;
  await board.start(facilities, 1, {access: [], dependents});
  await measure.over;
  await board.stop(() => undefined);
  await samples.close();
  return [...timelines.values()];
}

function callOf(url: URL, onSend: () => void): PlannedDependent['call'] {
  const operation = {
    ...get,
    observe: (input, context) => {
      onSend();
      return get.observe(input, context);
    },
  } satisfies Probe<GetInput>;
  return {uses: 'http/get', driver: 'http', operation, on: undefined, template: {url: url.href}, targets: []};
}
