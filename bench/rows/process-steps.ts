import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import type {Measurement} from '../measurement.ts';
import {renderNoOpDrill} from '../no-op/drill.ts';
import {createNoOpCatalog} from '../no-op/driver.ts';
import {planText, timeRun} from '../run-text.ts';
import {appendSynced} from './synced-appends.ts';
import {timed} from './timed.ts';

const count = 500;
const name = `${count} process steps`;
const argv = ['/bin/true', 'step'] as const;
const run = promisify(execFile);

/** What they add to a whole run. Each step starts a program that does nothing, and is read back by a check that costs nothing. */
export const processSteps: Measurement = {
  name: 'process-steps',
  rows: [{name, unit: 'ms', goal: {kind: 'ratio', atMost: 1.2}}],
  async measure({folder}) {
    const step = `uses: command/run, with: {argv: [${argv.join(', ')}]}, check: {uses: no-op/lives, expect: [allowed]}, rollback: {none: nothing}`;
    const planned = (steps: number) =>
      planText(renderNoOpDrill(Array.from({length: steps}, (_, at) => `{id: s${at}, ${step}}`)), createNoOpCatalog(), {
        base: folder,
      });
    const [without, whole] = [await planned(0), await planned(count)];

    const [program, ...words] = argv;
    const {ms: before} = await timeRun(without, folder);
    const floor = await timed(() =>
      appendSynced(folder, 2 * count, async (at) => {
        if (at % 2 === 0) await run(program, words, {cwd: folder, env: {PATH: process.env.PATH}});
      }),
    );
    const {ms} = await timeRun(whole, folder);
    return new Map([[name, {value: ms - before, floor}]]);
  },
};
