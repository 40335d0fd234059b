import {setTimeout as delay} from 'node:timers/promises';
import {type Measure, sampleBare} from './sampling/bare.ts';
import {sampleOurs} from './sampling/ours.ts';
import {reportSampling} from './sampling/report.ts';
import {everyMs, samplingTask} from './sampling/task.ts';

/** `ours|bare TASK`: samples for a while, in a process of its own, and tells how well that went. */
const [kind, task] = process.argv.slice(2);
const given = samplingTask.parse(JSON.parse(task ?? ''));

let isCounting = false;
let cpuBefore = process.cpuUsage();
let cpuMs = 0;
/** Nothing counts while code is compiled, which happens once a run. */
const over = (async () => {
  await delay(given.warmUpMs);
  cpuBefore = process.cpuUsage();
  isCounting = true;
  await delay(given.samplingMs);
  isCounting = false;
  const {user, system} = process.cpuUsage(cpuBefore);
  cpuMs = (user + system) / 1000;
})();
const measure: Measure = {counts: () => isCounting, over};
const timelines = await (kind === 'ours' ? sampleOurs(given, measure) : sampleBare(given, measure));
process.send?.(reportSampling(timelines, everyMs, cpuMs));
