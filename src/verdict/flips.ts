import {isDead} from '../contract/is-dead.ts';
import type {AccessRecord} from '../contract/plan-record.ts';
import type {ProbeChange} from '../journal/entries.ts';
import {renderDuration} from '../util/duration.ts';
import type {AccessResult} from './result.ts';

export type Flip = NonNullable<AccessResult['flips']>[number];

/** What is known of an access until rollback began. */
export type Watched = {
  readonly access: Pick<AccessRecord, 'expect' | 'carriesCredential'>;
  readonly changes: readonly ProbeChange[];
  /** The last of them. */
  readonly last: ProbeChange;
  /** The run went on to the end of settle. */
  readonly isWhole: boolean;
};

/** Each time at which an access that was dead was allowed again, by when answers were received. */
export function findFlips({access, changes, last, isWhole}: Watched): readonly Flip[] {
  const isDeadAtTheEnd = isWhole && isDead(access, last.to);
  const spans = spansOf(access, changes);
  return spans.map(({deadAt, allowedAt, deadAgainAt}, index) => ({
    deadAt: renderTime(deadAt),
    allowedAt: renderTime(allowedAt),
    allowedAfterMs: Math.round(allowedAt - deadAt),
    ...(deadAgainAt === undefined
      ? {}
      : {deadAgainAt: renderTime(deadAgainAt), allowedForMs: Math.round(deadAgainAt - allowedAt)}),
    stayedDead: isDeadAtTheEnd && index === spans.length - 1,
  }));
}

type Span = {readonly deadAt: number; readonly allowedAt: number; readonly deadAgainAt?: number};

function spansOf(access: Watched['access'], changes: Watched['changes']): readonly Span[] {
  const spans: Span[] = [];
  let deadAt: number | undefined;
  let open: Span | undefined;
  for (const {to, receivedAt} of changes) {
    if (isDead(access, to)) {
      if (open !== undefined) spans.push({...open, deadAgainAt: receivedAt});
      if (open !== undefined || deadAt === undefined) deadAt = receivedAt;
      open = undefined;
    } else if (to === 'allowed' && deadAt !== undefined) {
      open ??= {deadAt, allowedAt: receivedAt};
    }
  }
  return open === undefined ? spans : [...spans, open];
}

/**
 * Tells what was only late to be gone for good from what lives again: a sentence. `during` is the step in which it was
 * allowed first, as people read it.
 */
export function describeFlips(
  name: string,
  flips: readonly [Flip, ...Flip[]],
  {access, last, isWhole}: Watched,
  during: string,
): string {
  const [first, ...others] = flips;
  const end = isWhole ? 'to the end of settle' : 'until the run was cut short';
  const after = renderDuration(first.allowedAfterMs);
  if (isDead(access, last.to)) {
    const isOnce = others.length === 0;
    const times = isOnce ? '' : ` ${flips.length} times`;
    const lasting = `for ${renderDuration(allowedInAll(flips))}${isOnce ? '' : ' in all'}`;
    return `\`${name}\` flipped back${times}: dead at ${first.deadAt}, allowed again ${after} later, ${lasting}, and dead from ${(others.at(-1) ?? first).deadAgainAt} on ${end}. So answers what is eventually consistent, a cache, or another instance that had not heard of it; whoever held it was served for so long. Find what answered, and run again.`;
  }
  const deaths = flips.filter(({deadAgainAt}) => deadAgainAt !== undefined).length;
  const between = deaths === 0 ? '' : `, was dead again ${deaths === 1 ? 'once' : `${deaths} times`}`;
  const outcome =
    last.to === 'allowed'
      ? `and stayed alive ${end}: revived, or given out anew. Find what did that, and take it away first`
      : `and was then \`${last.to}\` (${last.code}) ${end}`;
  return `\`${name}\` was dead and came back to life at ${first.allowedAt}, ${after} after its death, during ${during} or after it${between}, ${outcome}.`;
}

/** For how long it was allowed in all, as far as that is over. */
export function allowedInAll(flips: readonly Flip[]): number {
  return flips.reduce((sum, {allowedForMs = 0}) => sum + allowedForMs, 0);
}

function renderTime(at: number): string {
  return new Date(at).toISOString();
}
