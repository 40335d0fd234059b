import {type Checking, findOperation} from '../checking.ts';
import {describeValue} from '../describe-value.ts';
import type {OutlinedCall, OutlinedStep} from '../outline.ts';
import {itemsOf, type Path} from '../path.ts';
import {suggest} from '../suggest.ts';
import {checkOwnRollback} from './check-own-rollback.ts';

/** Each step has a name of its own, is read back, and can be undone. */
export function checkSteps(checking: Checking): void {
  const {outline, report} = checking;
  const seen = new Set<string>();
  for (const step of outline.steps) {
    if (step.id !== undefined && seen.has(step.id)) {
      const message = `Expected another \`id\`, got ${describeValue(step.id)} again.`;
      report({code: 'duplicate-step', message, path: [...step.path, 'id'], at: 'value'});
    }
    seen.add(step.id ?? '');
    checkReadBack(step.call, checking);
    if (step.rollbackCall !== undefined) checkReadBack(step.rollbackCall, checking);
    checkRollback(step, checking);
    checkOwnRollback(step, checking);
    checkRestarts(step.call.raw.restarts, [...step.path, 'restarts'], checking);
    checkRestarts(step.rollback?.restarts, [...step.path, 'rollback', 'restarts'], checking);
  }
}

function checkReadBack(call: OutlinedCall, {drivers, report}: Checking): void {
  const found = findOperation(call, drivers);
  if (found?.kind !== 'action' || found.operation.inspect !== undefined || call.raw.check !== undefined) return;
  const message = `Expected a \`check\`: \`${call.uses}\` can't read back what it did. Name a probe and what it must say.`;
  report({code: 'command-without-check', message, path: [...call.path, 'uses']});
}

function checkRollback({call, path, rollback}: OutlinedStep, {drivers, report}: Checking): void {
  if (rollback !== undefined && !checkForm(rollback, [...path, 'rollback'], report)) return;
  if (rollback?.none !== undefined || rollback?.uses !== undefined) return;
  if (rollback === undefined && call.raw.rollback !== undefined) return;
  const found = findOperation(call, drivers);
  if (found?.kind !== 'action' || found.operation.rollback !== undefined) return;
  const message = `Expected a \`rollback\`: \`${call.uses}\` has none of its own. Name an action, or say \`{none: why}\`.`;
  report({code: 'missing-rollback', message, path: [...path, rollback === undefined ? 'uses' : 'rollback']});
}

/** `{none: why}`, an action, or only `restarts`. */
function checkForm(rollback: Readonly<Record<string, unknown>>, path: Path, report: Checking['report']): boolean {
  const keys = ['uses', 'on', 'with', 'within', 'check', 'restarts'].filter((key) => rollback[key] !== undefined);
  const [stray] = rollback.none === undefined ? keys.filter((key) => key !== 'restarts') : keys;
  if (rollback.none !== undefined && stray !== undefined) {
    report({
      code: 'bad-rollback',
      message: `Expected \`none\` alone, got \`${stray}\` beside it.`,
      path: [...path, stray],
    });
    return false;
  }
  if (rollback.none === undefined && rollback.uses === undefined && stray !== undefined) {
    report({
      code: 'bad-rollback',
      message: `Expected \`uses\` beside \`${stray}\`, got nothing.`,
      path: [...path, stray],
    });
    return false;
  }
  return true;
}

function checkRestarts(restarts: unknown, path: Path, {outline, report}: Checking): void {
  const watched = [...outline.access].filter(([, {raw}]) => raw.instance !== undefined);
  const names = [...outline.dependents.keys(), ...watched.map(([name]) => name)];
  itemsOf(restarts).forEach((name, index) => {
    if (typeof name !== 'string' || names.includes(name)) return;
    const message = `No dependent ${describeValue(name)}, and no access with an \`instance\`. There are: ${names.join(', ')}.`;
    report({code: 'unknown-dependent', message, path: [...path, index], suggestion: suggest(name, names)});
  });
}
