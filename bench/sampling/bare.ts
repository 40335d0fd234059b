import {bareGet} from '../bare-get.ts';
import type {Timeline} from './report.ts';
import {counts, everyMs, type SamplingTask, urlOf} from './task.ts';

/** The least that samples so many URLs: a timer each, set to when the next sample is due, one request in flight. */
export async function sampleBare(task: SamplingTask, measure: Measure): Promise<readonly Timeline[]> {
  const timelines: Timeline[] = [];
  const loops: {stop(): void}[] = [];
  for (let probe = 0; probe < task.probes; probe++) {
    const timeline: Timeline = {samples: [], due: 0};
    if (counts(task, probe)) timelines.push(timeline);
    const startAt = performance.now() + (everyMs * probe) / task.probes;
    loops.push(startLoop(urlOf(task, probe), startAt, timeline, measure));
  }
  await measure.over;
  for (const loop of loops) loop.stop();
  return timelines;
}

/** When samples count. */
export type Measure = {counts(): boolean; readonly over: Promise<void>};

function startLoop(url: URL, startAt: number, timeline: Timeline, measure: Measure): {stop(): void} {
  let timer: NodeJS.Timeout;
  let ticks = 0;
  let isAsking = false;
  const schedule = (): void => {
    timer = setTimeout(tick, Math.max(0, startAt + ticks * everyMs - performance.now()));
  };
  const tick = (): void => {
    const sentAt = performance.now();
    const dueAt = startAt + ticks * everyMs;
    ticks += 1;
    if (measure.counts()) timeline.due += 1;
    if (!isAsking) {
      isAsking = true;
      if (measure.counts()) timeline.samples.push({dueAt, sentAt});
      bareGet(url).then(
        () => {
          isAsking = false;
        },
        () => {
          isAsking = false;
        },
      );
    }
    schedule();
  };
  schedule();
  return {stop: () => clearTimeout(timer)};
}
