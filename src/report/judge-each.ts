import type {Entry} from '../journal/entries.ts';
import {Findings} from '../verdict/findings.ts';
import {judgeAccess} from '../verdict/judge-access.ts';
import {judgeDependent} from '../verdict/judge-dependent.ts';
import {judgeRestored} from '../verdict/judge-restored.ts';
import {judgeShutdown} from '../verdict/judge-shutdown.ts';
import {Replay} from '../verdict/replay.ts';
import type {Criterion} from '../verdict/result.ts';

/** Each part of a drill by itself, as the verdict judged it: what speaks against it, and whether that is unmet or unproven. */
export type EachOutcome = Readonly<Record<'access' | 'dependents' | 'steps', Readonly<Record<string, Criterion>>>>;

/** Asks the verdict's own judges of one part at a time, so that no reason has to be guessed from its words. */
export function judgeEach(entries: readonly Entry[]): EachOutcome {
  const replay = new Replay(entries);
  const {access, dependents, steps} = replay.plan;
  const wasRemoved = replay.phaseAt('shutdown') !== undefined;
  const outcome = (judgeInto: (findings: Findings) => void): Criterion => {
    const findings = new Findings();
    judgeInto(findings);
    if (!wasRemoved) findings.unproven('Nothing was removed.');
    return findings.criterion();
  };
  const all = new Told();
  judgeShutdown(replay, all);
  judgeRestored(replay, all);
  return {
    access: mapValues(access, (record, name) =>
      outcome((findings) => void judgeAccess(name, record, replay, findings)),
    ),
    dependents: mapValues(dependents, (record, name) =>
      outcome((findings) => void judgeDependent(name, record, replay, findings)),
    ),
    steps: Object.fromEntries(steps.map(({id}) => [id, outcome((findings) => all.tellOf(id, findings))])),
  };
}

/** Findings that are told on, those of one step at a time. */
class Told extends Findings {
  readonly #told: {readonly state: 'unmet' | 'unproven'; readonly reason: string}[] = [];

  override unmet(reason: string): void {
    this.#told.push({state: 'unmet', reason});
  }

  override unproven(reason: string): void {
    this.#told.push({state: 'unproven', reason});
  }

  tellOf(step: string, findings: Findings): void {
    const subjects = [`Step \`${step}\` `, `The rollback of step \`${step}\` `];
    for (const {state, reason} of this.#told) {
      if (subjects.some((subject) => reason.startsWith(subject))) findings[state](reason);
    }
  }
}

function mapValues<T, R>(
  record: Readonly<Record<string, T>>,
  fn: (value: T, key: string) => R,
): Readonly<Record<string, R>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, fn(value, key)]));
}
