import {readFile} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type {Entry} from '../journal/entries.ts';
import {salvageEntries} from '../journal/salvage-entries.ts';
import {knownInput} from '../plan/known-input.ts';
import type {PlannedStep} from '../plan/plan.ts';
import {byHand} from '../run/by-hand.ts';
import {readPast} from '../run/past.ts';
import {type GivenAgain, planAgain} from './plan-again.ts';
import type {RunnablePlan} from './read-drill.ts';

/**
 * The rollback of a run as lines that a person can follow, last step first, from whatever of its record can still be read.
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
  if (planned?.ok === true) {
    const {value: plan} = planned;
    return plan.steps
      .toReversed()
      .filter(isLeft)
      .flatMap((step) => describeStep(plan, step, states.get(step.id)));
  }
  return (await stepsOnRecord(folder, entries))
    .toReversed()
    .filter(isLeft)
    .flatMap(({id, rollback}) =>
      rollback.kind === 'none'
        ? []
        : [
            `Step \`${id}\`: do what \`${rollback.uses}\` does, with ${JSON.stringify(rollback.with)}, and see that it worked.`,
          ],
    );
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
