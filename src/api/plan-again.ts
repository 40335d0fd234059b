import {createHash} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import type {DriverCatalog} from '../contract/driver.ts';
import type {PlanRecord} from '../contract/plan-record.ts';
import type {Entry, Failure, RunInputsRecord} from '../journal/entries.ts';
import {err, ok, type Result} from '../util/result.ts';
import {planBytes, type RunnablePlan} from './read-drill.ts';

export type GivenAgain = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For those that held a secret, and were not recorded; what was recorded stays as it was. */
  readonly vars?: Readonly<Record<string, unknown>>;
  /** As in {@link DrillInputs}. */
  readonly catalog?: DriverCatalog;
};

/** The plan of a run, made again from what it recorded. Refused where it would touch or do anything else than the journal says. */
export async function planAgain(
  folder: string,
  entries: readonly Entry[],
  given: GivenAgain,
): Promise<Result<RunnablePlan, readonly Failure[]>> {
  const planned = entries.find((entry) => entry.type === 'run.planned');
  const recorded = entries.find((entry) => entry.type === 'run.inputs');
  if (planned?.type !== 'run.planned' || recorded?.type !== 'run.inputs')
    return err([changed('The journal holds no plan with its inputs')]);
  const record = planned.data;
  const bytes = await readDrillOf(folder, record);
  if (bytes === undefined) {
    return err([
      changed(
        `Neither \`${path.join(folder, 'drill.yaml')}\` nor \`${record.drill.file}\` is the drill file that was run`,
      ),
    ]);
  }
  const inputs = {
    file: record.drill.file,
    base: recorded.data.base,
    vars: complete(recorded.data.vars, given.vars),
    env: {...given.env, ...recorded.data.env},
    ...(given.catalog === undefined ? {} : {catalog: given.catalog}),
  };
  const hidden = hiddenIn({...recorded.data, vars: inputs.vars});
  if (hidden !== undefined) {
    return err([changed(`\`${hidden}\` held a secret, and is not recorded. Give it again by --var or --vars`)]);
  }
  const again = await planBytes(bytes, inputs);
  if (!again.ok) {
    return err(again.error.diagnostics.map(({message}) => changed(`The drill can't be planned again: ${message}`)));
  }
  const differs = differenceOf(again.value.plan.record, record);
  return differs === undefined ? ok(again.value.plan) : err([changed(`Its ${differs} would not be the same again`)]);
}

async function readDrillOf(folder: string, {drill}: PlanRecord): Promise<Uint8Array | undefined> {
  for (const file of [path.join(folder, 'drill.yaml'), drill.file]) {
    const bytes = await readFile(file).catch(() => undefined);
    if (bytes !== undefined && createHash('sha256').update(bytes).digest('hex') === drill.sha256) return bytes;
  }
  return undefined;
}

const redacted = /\[REDACTED:/;

function complete(recorded: RunInputsRecord['vars'], given: GivenAgain['vars'] = {}): RunInputsRecord['vars'] {
  const filled = Object.entries(recorded).map(([name, value]) => {
    const isHidden = redacted.test(JSON.stringify(value));
    return [name, isHidden && Object.hasOwn(given, name) ? given[name] : value];
  });
  return Object.fromEntries(filled);
}

function hiddenIn({base, vars, env}: RunInputsRecord): string | undefined {
  const named = {base, ...vars, ...env};
  return Object.entries(named).find(([, value]) => redacted.test(JSON.stringify(value)))?.[0];
}

/** What a resumption touches and does. Other parts may grow with a newer version of this program. */
const decisive = ['guard', 'connections', 'captures', 'access', 'dependents', 'steps'] as const;

function differenceOf(again: PlanRecord, before: PlanRecord): (typeof decisive)[number] | undefined {
  const plain = JSON.parse(JSON.stringify(again)) as PlanRecord;
  return decisive.find((part) => !isDeepStrictEqual(plain[part], before[part]));
}

function changed(what: string): Failure {
  return {code: 'plan-changed', message: `${what}. Nothing was touched.`};
}
