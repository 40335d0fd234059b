import {buildPolicies} from '../../api/build-policies.ts';
import {renderPlan, renderUsers} from '../../api/render.ts';
import {findUsers} from '../../api/who-uses.ts';
import {sanitize} from '../../util/sanitize.ts';
import {createSystemClock} from '../../util/system-clock.ts';
import type {SharedOptions} from '../options.ts';
import {complain, print, printJson} from '../output.ts';
import {type PlannedFile, planFile} from '../plan-file.ts';

type PlanOptions = SharedOptions & {
  readonly json?: boolean;
  readonly policy?: string;
  readonly whoUses?: boolean;
  /** In milliseconds. */
  readonly since: number;
};

/** Shows what would be done, or with which rights. 0, or 2 where the file can't be planned. */
export async function planCommand(file: string, options: PlanOptions): Promise<number> {
  const planned = await planFile(file, options);
  if (planned === undefined) return 2;
  if (options.policy !== undefined) return printPolicies(planned.plan, options.policy, options);
  if (options.whoUses === true) return printUsers(planned.plan, options);
  const {record} = planned.plan;
  if (options.json === true) printJson({version: 1, plan: record});
  else print(renderPlan(record, {width: process.stdout.columns || 100}));
  return 0;
}

async function printPolicies(plan: PlannedFile['plan'], driver: string, options: PlanOptions): Promise<number> {
  const policies = await buildPolicies(plan, driver);
  if (!policies.ok) {
    complain(policies.error);
    return 2;
  }
  if (options.json === true) printJson({version: 1, driver, policies: policies.value});
  else print(sanitize(policies.value.map(({policy}) => policy).join('\n')));
  return 0;
}

async function printUsers(plan: PlannedFile['plan'], options: PlanOptions): Promise<number> {
  const clock = createSystemClock();
  const since = clock.now() - options.since;
  const found = await findUsers(plan, {since, clock, signal: new AbortController().signal});
  if (options.json === true) printJson({version: 1, since: new Date(since).toISOString(), ...found});
  else print(renderUsers(found, {since, width: process.stdout.columns || 100}));
  return 0;
}
