import type {Entry, EventData} from '../journal/entries.ts';
import {credentialsLeft} from '../journal/open-credentials.ts';

/** What earlier processes of a run left in its journal, as far as going on needs it. */
export type Past = {
  readonly owned: readonly EventData<'owned'>[];
  /** Where each host name of the plan led at the guard. */
  readonly resolved: ReadonlyMap<string, readonly string[]>;
  /** What was captured of generation 1, without its secrets: those died with the process. */
  readonly captures: ReadonlyMap<string, unknown>;
  /** What the run's own credentials said of themselves, by connection. */
  readonly begun: ReadonlyMap<string, readonly Readonly<Record<string, string>>[]>;
  /** What each step's `prepare` read before anything was changed. */
  readonly states: ReadonlyMap<string, unknown>;
  /** Steps that were started and are not undone yet, in the order in which they were started; of a restoration all of the plan. */
  readonly pending: readonly PendingStep[];
  /** Only rollbacks are run: no process of the run did the steps. */
  readonly restores: boolean;
  /** Whether any step was ever started, or may have been by the run that a restoration takes the place of. */
  readonly changed: boolean;
  /** Whether everything came to its end, whatever came of it, and nothing was begun to be brought back after that. */
  readonly ended: boolean;
  /** Whether a credential of the run's own may live. */
  readonly hasOpenCredential: boolean;
};

type PendingStep = {
  readonly step: string;
  /** When it was last started, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Read back at once. One that failed may have taken all the same, or not. */
  readonly succeeded: boolean;
  /** Nothing tells how it ended. */
  readonly inDoubt: boolean;
};

/** Where everything is undone and observed, all that can be left is a credential of the run's own. */
export function needsBringingBack({pending, changed, ended}: Past): boolean {
  return pending.length > 0 || (changed && !ended);
}

/** Replays a journal, entry by entry. */
export function readPast(entries: readonly Entry[]): Past {
  const owned: EventData<'owned'>[] = [];
  const captures = new Map<string, unknown>();
  const resolved = new Map<string, readonly string[]>();
  const begun = new Map<string, Readonly<Record<string, string>>[]>();
  const states = new Map<string, unknown>();
  const pending = new Map<string, PendingStep>();
  let ended = false;
  let restores = false;
  for (const entry of entries) {
    switch (entry.type) {
      case 'run.started':
        restores = entry.data.restores === true;
        break;
      case 'run.planned':
        for (const {id} of restores ? entry.data.steps : [])
          pending.set(id, {step: id, startedAt: Date.parse(entry.time), succeeded: false, inDoubt: false});
        break;
      case 'run.finished':
        ended = true;
        break;
      case 'phase.started':
        if (entry.data.phase === 'rollback') ended = false;
        break;
      case 'owned':
        owned.push(entry.data);
        break;
      case 'guard.resolved':
        resolved.set(entry.data.host, entry.data.addresses);
        break;
      case 'capture.taken':
        if (entry.data.generation === 1) captures.set(entry.data.capture, entry.data.facts);
        break;
      case 'connection.began':
        begun.set(entry.data.connection, [...(begun.get(entry.data.connection) ?? []), entry.data.facts]);
        break;
      case 'step.prepared':
        states.set(entry.data.step, entry.data.state ?? undefined);
        break;
      case 'step.started':
        pending.set(entry.data.step, {
          step: entry.data.step,
          startedAt: entry.data.at,
          succeeded: false,
          inDoubt: true,
        });
        break;
      case 'step.succeeded':
      case 'step.failed': {
        const started = pending.get(entry.data.step);
        if (started !== undefined)
          pending.set(entry.data.step, {...started, succeeded: entry.type === 'step.succeeded', inDoubt: false});
        break;
      }
      case 'rollback.succeeded':
      case 'rollback.not-needed':
        pending.delete(entry.data.step);
        break;
      default:
    }
  }
  const changed = restores || entries.some(({type}) => type === 'step.started');
  const hasOpenCredential = credentialsLeft(entries).length > 0;
  return {
    owned,
    resolved,
    captures,
    begun,
    states,
    pending: [...pending.values()],
    restores,
    changed,
    ended,
    hasOpenCredential,
  };
}
