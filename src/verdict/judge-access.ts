import {isDead} from '../contract/is-dead.ts';
import type {AccessRecord} from '../contract/plan-record.ts';
import type {Phase, ProbeChange} from '../journal/entries.ts';
import {renderDuration} from '../util/duration.ts';
import type {Findings} from './findings.ts';
import {describeFlips, findFlips} from './flips.ts';
import {isUnenforced} from './judge-emulator.ts';
import {lateMs, type Replay, taken, tooFew} from './replay.ts';
import type {AccessResult} from './result.ts';

const removing: readonly Phase[] = ['shutdown', 'settle'];
const restoring: readonly Phase[] = ['rollback', 'restored'];
const asked: readonly Phase[] = ['baseline', ...removing, ...restoring];

type Times = Pick<AccessResult, 'afterStep' | 'diedIn'> & {readonly deniedAfterMs: [number, number]};

/** What became of one access, and what of it speaks against `access-removed`. */
export function judgeAccess(name: string, access: AccessRecord, replay: Replay, findings: Findings): AccessResult {
  const {due: _due, longestGapMs: _gap, ...samples} = replay.counts(name, 1, asked);
  const result = {limitMs: access.deniedWithinMs, afterRollback: afterRollback(name, replay), samples};
  const shutdownAt = replay.phaseAt('shutdown');
  if (shutdownAt === undefined) return {...result, surface: 'unproven', deniedAfterMs: null};

  const seen = replay.changes(name, 1);
  const inWindow = seen.filter(({phase}) => removing.includes(phase));
  const last = seen.findLast(({phase}) => !restoring.includes(phase));
  const firstDead = inWindow.find(({to}) => isDead(access, to));
  if (firstDead === undefined) {
    const hadItsTime = gotItsTime(access, shutdownAt, replay);
    const waitsForEnd = replay.first('draining') !== undefined;
    const known = {hadItsTime, waitsForEnd, isHeldTo: !isUnenforced(access, replay)};
    const surface = judgeNeverDead(name, access, last, known, findings);
    return {...result, ...(surface === 'draining' ? endOf(last) : {}), surface, deniedAfterMs: null};
  }

  const times = timesOf(access, firstDead, shutdownAt, replay);
  const lastSeen = last ?? firstDead;
  const watched = {access, changes: inWindow, last: lastSeen, isWhole: isWhole(replay)};
  const [flip, ...flips] = findFlips(watched);
  if (flip !== undefined) {
    const during = replay.stepAt(Date.parse(flip.allowedAt)) ?? 'shutdown';
    findings.unmet(describeFlips(name, [flip, ...flips], watched, during));
    return {...result, ...times, surface: 'survives', resurrectedAt: flip.allowedAt, flips: [flip, ...flips]};
  }
  const proven = judgeStaysDead(name, access, lastSeen, replay, findings);
  judgeLimit(name, access, times, findings);
  const surface = proven ? judgeRefused(name, lastSeen, findings) : 'unproven';
  const revived = judgeAfterRollback(name, access, result.afterRollback, replay, findings);
  return {...result, ...times, ...endOf(lastSeen), surface: revived ? 'survives' : surface};
}

/** Refused to the end of settle: dead, unless the system says that it is only kept from working, or that nobody can tell. */
function judgeRefused(name: string, {surface, until}: ProbeChange, findings: Findings): AccessResult['surface'] {
  if (surface === undefined) return 'dead';
  const end = until === undefined ? 'without an end' : `until ${new Date(until).toISOString()}`;
  findings.unproven(
    surface === 'disarmed'
      ? `\`${name}\` is disarmed, not dead: it is refused, and it lives on ${end}; what stands in its way can be undone.`
      : `\`${name}\` is unobservable: nobody can list or revoke what may be left of it, and it may live ${end}.`,
  );
  return surface;
}

/** Told where the credential still lived when it was last asked. */
function endOf(last: ProbeChange | undefined): Pick<AccessResult, 'until'> {
  const isLeft = last?.until !== undefined && (last.to === 'allowed' || last.surface !== undefined);
  return isLeft ? {until: new Date(last.until).toISOString()} : {};
}

function afterRollback(name: string, replay: Replay): AccessResult['afterRollback'] {
  if (taken(replay.counts(name, 1, ['restored'])) === 0) return 'not-asked';
  return replay.changes(name, 1).at(-1)?.to ?? 'not-asked';
}

/** Whether the run went on to the end of settle, or at least past the limit: a run cut short earlier proves no survival. */
function gotItsTime(access: AccessRecord, shutdownAt: number, replay: Replay): boolean {
  const origin = replay.all('step.started').find(({step}) => step === access.after)?.at ?? shutdownAt;
  const rollbackAt = replay.phaseAt('rollback') ?? Number.NEGATIVE_INFINITY;
  return isWhole(replay) || Math.min(rollbackAt, replay.watchedUntil) - origin > access.deniedWithinMs;
}

/** Whether the run went on to the end of settle. */
function isWhole(replay: Replay): boolean {
  return replay.phaseAt('settle') !== undefined && replay.interruptedBy() === undefined;
}

function judgeNeverDead(
  name: string,
  access: AccessRecord,
  last: ProbeChange | undefined,
  {
    hadItsTime,
    waitsForEnd,
    isHeldTo,
  }: {readonly hadItsTime: boolean; readonly waitsForEnd: boolean; readonly isHeldTo: boolean},
  findings: Findings,
): AccessResult['surface'] {
  if (last?.to === 'allowed' && !hadItsTime) {
    findings.unproven(
      `\`${name}\` is unproven: it was still allowed (${last.code}) when the run was cut short, before its limit of ${renderDuration(access.deniedWithinMs)}.`,
    );
    return 'unproven';
  }
  if (last?.to === 'allowed' && !isHeldTo) {
    findings.unproven(
      `\`${name}\` is unproven: it was still allowed (${last.code}) on an emulator that does not enforce what was done.`,
    );
    return 'unproven';
  }
  if (last?.to === 'allowed') {
    // Only what a step waits for is draining: anything else is renewed by whoever holds it.
    const until = waitsForEnd ? last.until : undefined;
    const end = until === undefined ? '' : `, and ends by itself at ${new Date(until).toISOString()}`;
    findings.unmet(
      `\`${name}\` ${until === undefined ? 'survives' : 'is draining'}: \`${access.uses}\`${held(access)} was still allowed (${last.code}) when rollback began${end}.`,
    );
    return until === undefined ? 'survives' : 'draining';
  }
  const why =
    last === undefined
      ? 'it was never asked'
      : last.to === 'unreachable' && access.carriesCredential
        ? `it was only unreachable (${last.code}): stopped is not revoked`
        : `it was \`${last.to}\` (${last.code}), expected ${access.expect.map((state) => `\`${state}\``).join(' or ')}`;
  findings.unproven(`\`${name}\` is unproven: ${why}.`);
  return 'unproven';
}

function held(access: AccessRecord): string {
  return access.session === 'held' ? ' over the session held since before shutdown' : '';
}

function timesOf(access: AccessRecord, firstDead: ProbeChange, shutdownAt: number, replay: Replay): Times {
  const since = (origin: number): [number, number] => [
    Math.max(0, Math.round((firstDead.lastAllowedSentAt ?? origin) - origin)),
    Math.max(0, Math.round(firstDead.receivedAt - origin)),
  ];
  const after = replay.all('step.started').find(({step}) => step === access.after);
  const running = replay.all('step.started').findLast(({at}) => at <= firstDead.receivedAt)?.step;
  const last = replay.all('step.started').find(({step}) => step === running);
  return {
    deniedAfterMs: since(shutdownAt),
    ...(after === undefined ? {} : {afterStep: {step: after.step, deniedAfterMs: since(after.at)}}),
    ...(last === undefined ? {} : {diedIn: {step: last.step, deniedAfterMs: since(last.at)}}),
  };
}

/** Dead at the end of settle, for as long as settle asks, and asked often enough. */
function judgeStaysDead(
  name: string,
  access: AccessRecord,
  last: ProbeChange,
  replay: Replay,
  findings: Findings,
): boolean {
  if (!isDead(access, last.to)) {
    findings.unproven(
      `\`${name}\` is unproven: it was dead, and then \`${last.to}\` (${last.code}) to the end of settle.`,
    );
    return false;
  }
  if (!access.budgeted && 2 * access.everyMs > replay.plan.settleMs) {
    findings.unproven(
      `\`${name}\` is unproven: asked every ${renderDuration(access.everyMs)}, it was not seen often enough in a settle of ${renderDuration(replay.plan.settleMs)}.`,
    );
    return false;
  }
  const counts = replay.counts(name, 1, removing);
  if (!access.budgeted && counts.longestGapMs > access.everyMs + Math.max(lateMs, access.everyMs / 4)) {
    findings.unproven(
      `\`${name}\` is unproven: nobody asked for ${renderDuration(counts.longestGapMs)} while it had to stay dead; expected a sample every ${renderDuration(access.everyMs)}.`,
    );
    return false;
  }
  const dead = counts.denied + (isDead(access, 'unreachable') ? counts.unreachable : 0);
  if (tooFew(counts) || dead < 2) {
    findings.unproven(
      `\`${name}\` is unproven: too few samples, ${dead} dead of ${taken(counts)} taken, ${counts.skipped} skipped.`,
    );
    return false;
  }
  const rollbackAt = replay.phaseAt('rollback') ?? 0;
  const deadMs = rollbackAt - deadSince(name, access, replay);
  if (deadMs < replay.plan.settleMs) {
    findings.unproven(
      `\`${name}\` is unproven: dead for ${renderDuration(Math.max(0, deadMs))} before rollback, expected ${renderDuration(replay.plan.settleMs)}.`,
    );
    return false;
  }
  return true;
}

/** When the last unbroken row of dead samples before rollback began. */
function deadSince(name: string, access: AccessRecord, replay: Replay): number {
  let since = Number.POSITIVE_INFINITY;
  for (const {phase, to, receivedAt} of replay.changes(name, 1)) {
    if (restoring.includes(phase)) break;
    since = isDead(access, to) ? Math.min(since, receivedAt) : Number.POSITIVE_INFINITY;
  }
  return since;
}

function judgeLimit(name: string, access: AccessRecord, times: Times, findings: Findings): void {
  const [, latest] = times.afterStep?.deniedAfterMs ?? times.deniedAfterMs;
  if (latest > access.deniedWithinMs) {
    findings.unmet(
      `\`${name}\` was denied only after ${renderDuration(latest)}; the limit is ${renderDuration(access.deniedWithinMs)}.`,
    );
  }
}

/** Generation 1 must be dead to the end. True when it came back to life. */
function judgeAfterRollback(
  name: string,
  access: AccessRecord,
  state: AccessResult['afterRollback'],
  replay: Replay,
  findings: Findings,
): boolean {
  if (access.judged === 'once') return false;
  const revived = replay.changes(name, 1).find(({phase, to}) => restoring.includes(phase) && to === 'allowed');
  if (revived !== undefined) {
    findings.unmet(
      `\`${name}\`: the old credential came back to life after rollback, at ${new Date(revived.receivedAt).toISOString()}.`,
    );
    return true;
  }
  if (state === 'not-asked' || !isDead(access, state)) {
    findings.unproven(
      `\`${name}\`: that the old credential is still dead after rollback is unproven: it was \`${state}\`.`,
    );
  }
  return false;
}
