import type {Entry} from '../journal/entries.ts';
import type {AccessResult, Criterion, RunResult} from '../verdict/result.ts';
import {isRehearsal} from './is-rehearsal.ts';
import {judgeEach} from './judge-each.ts';
import {renderLeftSteps} from './left-steps.ts';
import {renderLedger, renderTimeline} from './render-ledger.ts';
import {element, xmlText} from './xml.ts';

/** `skipped`: not to be shown by a run that was to stop before it, and did. */
type Outcome = Criterion | 'skipped';
type Case = {
  readonly group: 'criteria' | 'access' | 'dependents' | 'steps';
  readonly name: string;
  readonly outcome: Outcome;
  readonly ms?: number | undefined;
  /** What is left to do by hand: of the criterion that asks whether all is back. */
  readonly left?: readonly string[];
  /** Who helped: of the criterion that asks for it. */
  readonly ledger?: RunResult['manualRecovery'];
};

/**
 * One run as JUnit XML, for GitLab, Jenkins and whatever else reads it: a case for each criterion, access, dependent and step.
 * What is unmet is a failure, what is unproven an error, so that nothing is green that was not observed.
 */
export function renderJunit(result: RunResult, entries: readonly Entry[]): string {
  const cases = casesOf(result, entries);
  const count = (state: string): number => cases.filter(({outcome}) => stateOf(outcome) === state).length;
  const totals = {
    tests: cases.length,
    failures: count('unmet'),
    errors: count('unproven'),
    skipped: count('skipped'),
    time: seconds(tookMs(result)),
  };
  const suite = element('testsuite', {name: result.drill.name, ...totals, timestamp: result.startedAt}, [
    '\n    ',
    element('properties', {}, [
      ...propertiesOf(result).map(([name, value]) => `\n      ${element('property', {name, value})}`),
      '\n    ',
    ]),
    ...cases.map((each) => `\n    ${renderCase(each, result.drill.name)}`),
    '\n  ',
  ]);
  const suites = element('testsuites', {name: 'offdrill', ...totals}, ['\n  ', suite, '\n']);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${suites}\n`;
}

function casesOf(result: RunResult, entries: readonly Entry[]): readonly Case[] {
  const each = judgeEach(entries);
  const outcome = (judged: Criterion | undefined): Outcome =>
    isRehearsal(result) ? 'skipped' : (judged ?? {state: 'unproven', reasons: ['It was not judged.']});
  return [
    ...Object.entries<Criterion>(result.criteria).map(
      ([name, criterion]): Case => ({
        group: 'criteria',
        name,
        outcome: criterion,
        ...(name === 'restored' ? {left: result.left} : {}),
        ...(name === 'no-manual-recovery' ? {ledger: result.manualRecovery} : {}),
      }),
    ),
    ...Object.entries<AccessResult>(result.access).map(
      ([name, access]): Case => ({
        group: 'access',
        name,
        outcome: outcome(each.access[name]),
        ms: access.deniedAfterMs?.[1],
      }),
    ),
    ...Object.keys(result.dependents).map(
      (name): Case => ({group: 'dependents', name, outcome: outcome(each.dependents[name])}),
    ),
    ...result.steps.map(
      (step): Case => ({group: 'steps', name: step.id, outcome: outcome(each.steps[step.id]), ms: tookMs(step)}),
    ),
  ];
}

/** The time of a case is what it took: to the first denial of an access, to the read-back of a step. */
function renderCase({group, name, outcome, ms, ledger, left = []}: Case, drill: string): string {
  const attributes = {classname: `offdrill.${drill}.${group}`, name, time: seconds(ms ?? 0)};
  if (outcome === 'skipped') {
    const message = 'The run was to stop after the baseline.';
    return element('testcase', attributes, [element('skipped', {message})]);
  }
  const look = {paint: (_style: unknown, text: string) => text, width: 120};
  const told = [
    ...(ledger === undefined
      ? []
      : [element('system-out', {}, [xmlText([...renderLedger(ledger, look), ...renderTimeline(ledger, look)])])]),
    ...(left.length === 0
      ? []
      : [element('system-err', {}, [xmlText(['Left to do by hand:', ...renderLeftSteps(left)])])]),
  ];
  if (outcome.state === 'met') return element('testcase', attributes, told);
  // Readers show a skipped case as harmless: so what nobody could observe is an error, and the pipeline is not green.
  const kind = outcome.state === 'unmet' ? 'failure' : 'error';
  const why = {message: outcome.reasons[0], type: outcome.state};
  return element('testcase', attributes, [element(kind, why, [xmlText(outcome.reasons)]), ...told]);
}

function propertiesOf(result: RunResult): readonly (readonly [string, string | number])[] {
  const {run, verdict, exitCode, status, target, integration, environment, until, manualRecovery, left} = result;
  return [
    ['run', run],
    ['verdict', verdict],
    ['exit-code', exitCode],
    ['status', status],
    ['target', target],
    ['integration', integration],
    ['environment', environment],
    ['drill-sha256', result.drill.sha256],
    ...(until === undefined ? [] : [['until', until] as const]),
    ...manualRecovery.blind.map(({system, why}) => [`blind.${system}`, why] as const),
    ...left.map((step, index) => [`left.${index + 1}`, step.split('\n', 1)[0] ?? ''] as const),
  ];
}

function stateOf(outcome: Outcome): string {
  return outcome === 'skipped' ? outcome : outcome.state;
}

function tookMs({startedAt, finishedAt}: {startedAt?: string | undefined; finishedAt?: string | undefined}): number {
  return startedAt === undefined || finishedAt === undefined ? 0 : Date.parse(finishedAt) - Date.parse(startedAt);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
