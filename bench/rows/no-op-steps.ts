import type {Measurement} from '../measurement.ts';
import {renderNoOpDrill} from '../no-op/drill.ts';
import {createNoOpCatalog} from '../no-op/driver.ts';
import {planText, timeRun} from '../run-text.ts';
import {appendSynced} from './synced-appends.ts';
import {timed} from './timed.ts';

const count = 500;
const name = `${count} no-op steps, a whole run`;

/** A whole run, from its lock to its report, against two synced appends a step. */
export const noOpSteps: Measurement = {
  name: 'no-op-steps',
  rows: [{name, unit: 'ms', goal: {kind: 'ratio', atMost: 1.3}}],
  async measure({folder}) {
    const steps = Array.from(
      {length: count - 1},
      (_, at) => `{id: s${at}, uses: no-op/nothing, rollback: {none: nothing}}`,
    );
    const plan = await planText(renderNoOpDrill(steps), createNoOpCatalog(), {base: folder});

    const floor = await timed(() => appendSynced(folder, 2 * count));
    const {ms: value} = await timeRun(plan, folder);
    return new Map([[name, {value, floor}]]);
  },
};
