import {describeRollback} from '../contract/describe-rollback.ts';
import type {Entry, EventData} from '../journal/entries.ts';
import {credentialsLeft} from '../journal/open-credentials.ts';
import {Findings} from './findings.ts';
import {judgeAccess} from './judge-access.ts';
import {judgeBaseline} from './judge-baseline.ts';
import {judgeDependent} from './judge-dependent.ts';
import {judgeEmulator} from './judge-emulator.ts';
import {judgeEvidence} from './judge-evidence.ts';
import {judgeIntegrationUse, judgeRecovery} from './judge-recovery.ts';
import {judgeRenewal} from './judge-renewal.ts';
import {judgeRestored} from './judge-restored.ts';
import {judgeShutdown} from './judge-shutdown.ts';
import {Replay} from './replay.ts';
import type {Criterion, CriterionName, Draining, RunResult} from './result.ts';

/** What a run came to: a pure function of its journal, whose chain is unbroken. What was not observed is unproven. */
export function judge(entries: readonly Entry[]): RunResult {
  const replay = new Replay(entries);
  const started = replay.first('run.started');
  if (started === undefined) throw new Error('The journal does not begin with `run.started`.');
  const findings = createFindings();
  const {plan} = replay;

  judgeBaseline(replay, findings.baseline);
  judgeShutdown(replay, findings.shutdown);
  const access = mapValues(plan.access, (record, name) =>
    judgeAccess(name, record, replay, findings['access-removed']),
  );
  if (replay.phaseAt('shutdown') === undefined) findings['access-removed'].unproven('Nothing was removed.');
  judgeIntegrationUse(replay, findings['access-removed']);
  const dependents = mapValues(plan.dependents, (record, name) =>
    judgeDependent(name, record, replay, findings['dependents-unharmed']),
  );
  if (replay.phaseAt('shutdown') === undefined) findings['dependents-unharmed'].unproven('Nothing was removed.');
  const manualRecovery = judgeRecovery(replay, findings['no-manual-recovery']);
  judgeRestored(replay, findings.restored);
  judgeEvidence(replay, findings.evidence);
  judgeRenewal(replay, findings['access-removed']);
  judgeEmulator(replay, findings['access-removed']);
  for (const {criterion, message} of plan.doubts ?? []) findings[criterion].unproven(message);

  const criteria = mapValues(findings, (finding) => finding.criterion());
  const states = Object.values(criteria).map(({state}) => state);
  const verdict = states.includes('unmet') ? 'fail' : states.includes('unproven') ? 'inconclusive' : 'pass';
  const status = statusOf(replay);
  const left = [
    ...stepsLeft(replay),
    ...replay.all('step.lingers').map(describeLingering),
    ...credentialsLeft(entries),
  ];
  return {
    version: 1,
    target: started.target,
    run: started.run,
    drill: {name: plan.drill.name, sha256: plan.drill.sha256},
    integration: plan.integration.name,
    environment: plan.integration.environment,
    ...(started.until === 'baseline' ? {until: started.until} : {}),
    ...(started.restores === true ? {restores: true} : {}),
    status,
    verdict,
    exitCode: exitCodeOf(replay, verdict, criteria.restored.state),
    startedAt: replay.startedAt,
    finishedAt: replay.finishedAt,
    ...(replay.reconciledAt === undefined ? {} : {reconciledAt: replay.reconciledAt}),
    criteria,
    access,
    dependents,
    steps: plan.steps.map(({id, uses}) => stepResult(id, uses, replay)),
    manualRecovery,
    draining: drainingOf(replay),
    troubles: replay.all('trouble').map(({where, code, message}) => `${where}: ${message} (${code})`),
    left,
  };
}

/** Each step that is not undone, in the order in which to undo them. */
function stepsLeft(replay: Replay): readonly string[] {
  const failed = new Map(replay.rollbacksLeft().map((rollback) => [rollback.step, rollback.left]));
  const records = new Map(replay.plan.steps.map((record) => [record.id, record]));
  return replay.stepsLeft().flatMap((step) => {
    const left = failed.get(step);
    if (left !== undefined) return [`Step \`${step}\`: ${left}${left.includes('\n') ? '' : '.'}`];
    const record = records.get(step);
    return record === undefined ? [] : describeRollback(record);
  });
}

function describeLingering({step, uses}: EventData<'step.lingers'>): string {
  return `Step \`${step}\`: its call of \`${uses}\` had not come back when the run ended, and may have made its change since. Look, and where it has, bring it back with \`offdrill restore FILE\`.`;
}

function createFindings(): Record<CriterionName, Findings> {
  return {
    baseline: new Findings(),
    shutdown: new Findings(),
    'access-removed': new Findings(),
    'dependents-unharmed': new Findings(),
    'no-manual-recovery': new Findings(),
    restored: new Findings(),
    evidence: new Findings(),
  };
}

function mapValues<K extends string, T, R>(record: Readonly<Record<K, T>>, fn: (value: T, key: K) => R): Record<K, R> {
  return Object.fromEntries(Object.entries<T>(record).map(([key, value]) => [key, fn(value, key as K)])) as Record<
    K,
    R
  >;
}

function statusOf(replay: Replay): RunResult['status'] {
  if (replay.interruptedBy() !== undefined || !replay.hasEnded) return 'interrupted';
  const failed = replay.first('step.failed') ?? replay.first('phase.failed');
  return failed === undefined ? 'completed' : 'aborted';
}

/** A restoration has no verdict to tell: 0 where everything is back as far as it can be seen, 4 where not. Else, where several apply: 4, then 130 or 143, then 1, then 3. A refusal touched nothing: 2. */
function exitCodeOf(replay: Replay, verdict: RunResult['verdict'], restored: Criterion['state']): number {
  const {restores, wasRefused} = replay;
  if (restores && wasRefused) return 2;
  const started = replay.all('step.started').map(({step}) => step);
  const changed = new Set(restores ? replay.plan.steps.map(({id}) => id) : started);
  const undone = new Set(
    [...replay.all('rollback.succeeded'), ...replay.all('rollback.not-needed')].map(({step}) => step),
  );
  if (!changed.isSubsetOf(undone)) return 4;
  if (restores) return restored === 'met' ? 0 : 4;
  // A disk that is full, or a mistake of this program, is nobody's wish.
  const interruption = replay.all('interruption').find(({cause}) => cause !== 'journal' && cause !== 'exception');
  if (interruption !== undefined) return interruption.cause === 'SIGINT' ? 130 : 143;
  if (wasRefused && started.length === 0) return 2;
  if (verdict === 'fail') return 1;
  return verdict === 'pass' ? 0 : 3;
}

function stepResult(id: string, uses: string, replay: Replay): RunResult['steps'][number] {
  const starts = replay.ofStep('step.started', id);
  const [succeeded] = replay.ofStep('step.succeeded', id);
  const failed = replay.ofStep('step.failed', id).find(({code}) => code !== 'interrupted');
  const finished = succeeded ?? failed;
  const [first] = starts;
  const inForceMs = inForceAfter(replay.ofStep('step.inspected', id)[0]);
  const rollbackMs = inForceAfter(replay.ofStep('rollback.inspected', id).at(-1));
  return {
    id,
    uses,
    status: first === undefined ? 'not-started' : succeeded ? 'succeeded' : failed ? 'failed' : 'in-doubt',
    attempts: starts.length,
    ...(first === undefined ? {} : {startedAt: new Date(first.at).toISOString()}),
    ...(finished === undefined ? {} : {finishedAt: new Date(finished.at).toISOString()}),
    ...(inForceMs === undefined ? {} : {inForceAfterMs: inForceMs}),
    rollback: rollbackOf(id, replay),
    ...(rollbackMs === undefined ? {} : {rollbackInForceAfterMs: rollbackMs}),
  };
}

/** How long a system took to tell of a change that was made; nothing where it never did. */
function inForceAfter(readBack: EventData<'rollback.inspected'> | undefined): number | undefined {
  if (readBack?.found !== 'applied' || readBack.calledAt === undefined) return undefined;
  return Math.round(readBack.at - readBack.calledAt);
}

/** One line for each thing: from when it was first waited for to the end that was told last. */
function drainingOf(replay: Replay): Draining[] {
  const seen = new Map<string, Draining>();
  for (const {operation, what, until, at} of replay.all('draining')) {
    const key = `${operation} ${what}`;
    const from = seen.get(key)?.from ?? new Date(at).toISOString();
    seen.set(key, {operation, what, from, until: new Date(until).toISOString()});
  }
  return [...seen.values()];
}

function rollbackOf(id: string, replay: Replay): RunResult['steps'][number]['rollback'] {
  const has = (type: 'rollback.succeeded' | 'rollback.failed' | 'rollback.not-needed'): boolean =>
    replay.ofStep(type, id).length > 0;
  if (has('rollback.succeeded')) return 'succeeded';
  if (has('rollback.failed')) return 'failed';
  return has('rollback.not-needed') ? 'not-needed' : 'not-started';
}
