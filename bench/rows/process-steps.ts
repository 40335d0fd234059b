import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import type {Measurement} from '../measurement.ts';
import {renderNoOpDrill} from '../no-op/drill.ts';
import {createNoOpCatalog} from '../no-op/driver.ts';
import {planText, timeRun} from '../run-text.ts';
import {appendSynced} from './synced-appends.ts';
import {timed} from './timed.ts';

const count = 500;
const name = `${count} process steps, a whole run`;
const argv = ['/bin/true', 'step'] as const;
const run = promisify(execFile);

/** Each step starts a program that does nothing, and is read back by a check that costs nothing. */
export const processSteps: Measurement = {
  name: 'process-steps',
  rows: [{name, unit: 'ms', goal: {kind: 'ratio', atMost: 1.2}}],
  async measure({folder}) {
    const step = `uses: command/run, with: {argv: [${argv.join(', ')}]}, check: {uses: no-op/lives, expect: [allowed]}, rollback: {none: nothing}`;
    const steps = Array.from({length: count}, (_, at) => `{id: s${at}, ${step}}`);
    const plan = await planText(renderNoOpDrill(steps), createNoOpCatalog(), {base: folder});

    const [program, ...words] = argv;
    const floor = await timed(() =>
      appendSynced(folder, 2 * count, async (at) => {
        if (at % 2 === 0) await run(program, words, {cwd: folder, env: {PATH: process.env.PATH}});
      }),
    );
    const {ms: value} = await timeRun(plan, folder);
    return new Map([[name, {value, floor}]]);
  },
};
