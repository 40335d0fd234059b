import {readFile} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {describeRollback} from '../contract/describe-rollback.ts';
import type {Entry} from '../journal/entries.ts';
import {describeOpenCredential, openCredentials} from '../journal/open-credentials.ts';
import {salvageEntries} from '../journal/salvage-entries.ts';
import {knownInput} from '../plan/known-input.ts';
import type {PlannedStep} from '../plan/plan.ts';
import {byHand, endByHand} from '../run/by-hand.ts';
import {readPast} from '../run/past.ts';
import {type GivenAgain, planAgain} from './plan-again.ts';
import type {RunnablePlan} from './read-drill.ts';

/**
 * The rollback of a run as lines that a person can follow, last step first, from whatever of its record can still be read,
 * and the end of its own credentials.
 * `pending`: the steps that are not undone; where nothing vouches for that, every step may have been done.
 */
export async function describeByHand(
  folder: string,
  given: GivenAgain,
  pending?: readonly string[],
): Promise<readonly string[]> {
  const entries = await salvageEntries(folder);
  const planned = await planAgain(folder, entries, given).catch(() => undefined);
  const {states} = readPast(entries);
  const isLeft = ({id}: {readonly id: string}): boolean => pending === undefined || pending.includes(id);
  const steps =
    planned?.ok === true
      ? planned.value.steps
          .toReversed()
          .filter(isLeft)
          .flatMap((step) => describeStep(planned.value, step, states.get(step.id)))
      : (await stepsOnRecord(folder, entries)).toReversed().filter(isLeft).flatMap(describeRollback);
  return [...steps, ...describeCredentials(planned?.ok === true ? planned.value : undefined, entries)];
}

const begunSchema = z.object({connection: z.string(), facts: z.record(z.string(), z.string())});

/** The lines are made anew of what an entry names: of what it says to do, nothing may vouch for it. */
function describeCredentials(plan: RunnablePlan | undefined, entries: readonly Entry[]): readonly string[] {
  return openCredentials(entries).flatMap((entry) => {
    const begun = begunSchema.safeParse(entry).data;
    if (begun === undefined) return [];
    const left = plan === undefined ? undefined : endByHand(plan, begun.connection, begun.facts);
    return [describeOpenCredential({...begun, ...(left === undefined ? {} : {left})})];
  });
}

function describeStep(plan: RunnablePlan, step: PlannedStep, state: unknown): readonly string[] {
  const {id, call, rollback} = step;
  if (rollback.kind === 'none') return [];
  return [
    `Step \`${id}\`: ${byHand(plan, rollback.call, rollback.kind === 'own' ? ownWith(call, rollback.call, state) : rollback.call.template)}`,
  ];
}

/** What the rollback was planned with, where what the journal says of the step's state is not what it was. */
function ownWith(
  {operation, template}: PlannedStep['call'],
  planned: PlannedStep['call'],
  state: unknown,
): PlannedStep['call']['template'] {
  try {
    return operation.rollback?.with(knownInput(operation.input, template), state) ?? planned.template;
  } catch {
    return planned.template;
  }
}

const recordSchema = z.object({
  steps: z.array(
    z.object({
      id: z.string(),
      rollback: z.union([
        z.object({kind: z.literal('none')}),
        z.object({kind: z.literal('action'), uses: z.string(), with: z.unknown()}),
      ]),
    }),
  ),
});

/** From the journal, or from the plan beside it. */
async function stepsOnRecord(
  folder: string,
  entries: readonly Entry[],
): Promise<z.infer<typeof recordSchema>['steps']> {
  const planned = entries.find(({type}) => type === 'run.planned')?.data;
  const beside = await readFile(path.join(folder, 'plan.json'), 'utf8').catch(() => 'null');
  return recordSchema.safeParse(planned ?? parseJson(beside)).data?.steps ?? [];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
