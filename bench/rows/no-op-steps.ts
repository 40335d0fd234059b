import type {Measurement} from '../measurement.ts';
import {renderNoOpDrill} from '../no-op/drill.ts';
import {createNoOpCatalog} from '../no-op/driver.ts';
import {planText, timeRun} from '../run-text.ts';
import {appendSynced} from './synced-appends.ts';
import {timed} from './timed.ts';

const count = 500;
const name = `${count} no-op steps`;

/**
 * What the steps add to a whole run, from its lock to its report, against two synced appends a step. What every run waits
 * for, however short, is in the run without them.
 */
export const noOpSteps: Measurement = {
  name: 'no-op-steps',
  rows: [{name, unit: 'ms', goal: {kind: 'ratio', atMost: 1.3}}],
  async measure({folder}) {
    const step = (_: unknown, at: number): string => `{id: s${at}, uses: no-op/nothing, rollback: {none: nothing}}`;
    const planned = (steps: number) =>
      planText(renderNoOpDrill(Array.from({length: steps}, step)), createNoOpCatalog(), {base: folder});
    const [without, whole] = [await planned(0), await planned(count)];

    const {ms: before} = await timeRun(without, folder);
    const floor = await timed(() => appendSynced(folder, 2 * count));
    const {ms} = await timeRun(whole, folder);
    return new Map([[name, {value: ms - before, floor}]]);
  },
};
