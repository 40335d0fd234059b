import type {AuditEvent, AuditReading} from '../../contract/operation.ts';
import {actorOf} from './audit-actors.ts';
import {type Comparison, compare} from './comparison.ts';
import type {LogRecord} from './log-record.ts';
import {canBeTakenBack, roleChangesIn} from './role-changes.ts';

/** Of the run whose window it is. */
export type WindowOptions = Comparison & {
  readonly nonce: string;
  /** Phases whose marks were written. */
  readonly marked: readonly string[];
  readonly ownSessions: readonly string[];
};

/** What was done in them was done before roles were looked at. */
const beforeTheFirstStep = ['preflight', 'capture', 'baseline'];

/** What the role that a statement names may differ in afterwards. */
const accountsFor: Readonly<Record<string, readonly string[]>> = {
  'create role': ['create role', 'alter role'],
  'drop role': ['drop role'],
  'alter role': ['alter role'],
  'alter role password': ['alter role', 'alter role password'],
  'alter role rename': ['create role', 'drop role', 'alter role', 'alter role password', 'grant'],
  grant: ['alter role', 'grant'],
  revoke: ['alter role', 'grant'],
  'reassign owned': ['alter owner', 'grant'],
  'drop owned': ['grant'],
  'alter owner': ['alter owner', 'grant'],
};

/** Reads the records of the window, one after the other: from the run's first mark to its last. */
export class LogWindow {
  readonly #options: WindowOptions;
  readonly #events: AuditEvent[] = [];
  readonly #gaps = new Set<string>();
  /** Marks that were made and not seen yet. */
  readonly #unseen: Set<string>;
  /** The last statement of each session, and where in `#events` its changes stand: its own failure takes them back. */
  readonly #last = new Map<string, {readonly statement: string; readonly places: readonly number[]}>();
  #isLost = false;
  #phase = 'preflight';
  #entries = 0;
  #completeTo: string | undefined;

  constructor(options: WindowOptions) {
    this.#options = options;
    this.#unseen = new Set(options.marked);
  }

  get isComplete(): boolean {
    return this.#completeTo !== undefined;
  }

  /** True once so much is known to be missing that waiting for more does not help. */
  get isLost(): boolean {
    return this.#isLost;
  }

  lose(why: string): void {
    this.#isLost = true;
    this.#gaps.add(why);
  }

  add(record: LogRecord | undefined): void {
    if (this.#completeTo !== undefined) return;
    if (record === undefined) {
      this.#gaps.add('a line could not be read');
      return;
    }
    this.#entries += 1;
    if (record.severity === 'LOG') this.#addLog(record);
    else if (record.severity === 'ERROR' || record.severity === 'FATAL') this.#addError(record);
  }

  reading({gaps, blind}: {readonly gaps: readonly string[]; readonly blind: readonly string[]}): AuditReading {
    if (this.#completeTo === undefined) this.#gaps.add("the run's own last mark was not seen");
    for (const phase of this.#unseen) this.#gaps.add(`the run's mark of ${phase} was not seen`);
    const beside = compare(this.#options, {at: this.#completeTo ?? '', explained: this.#explained()});
    return {
      events: [...this.#events, ...beside.events],
      completeTo: this.#completeTo,
      gaps: [...this.#gaps, ...beside.gaps, ...gaps],
      entries: this.#entries,
      blind,
      knownBy: "the database user in the server's log, or a comparison of roles",
    };
  }

  #addLog(record: LogRecord): void {
    const isOwn = this.#options.ownSessions.includes(record.session);
    const [, phase, nonce] = /^offdrill mark ([a-z]+) ([0-9a-f]+)$/.exec(record.message) ?? [];
    if (phase !== undefined && nonce === this.#options.nonce && isOwn) {
      this.#unseen.delete(phase);
      if (phase === 'end') this.#completeTo = toIso(record.time);
      else if (phase !== 'begin') this.#phase = phase;
      return;
    }
    const [, parameter] = /^parameter "(log_\w+)"/.exec(record.message) ?? [];
    if (parameter !== undefined) this.#gaps.add(`what the server logs was changed (${parameter})`);
    const [, statement] = /^(?:statement|execute [^:]*): (.*)$/s.exec(record.message) ?? [];
    if (statement !== undefined) this.#addStatement(record, statement, isOwn);
  }

  #addStatement(record: LogRecord, statement: string, isOwn: boolean): void {
    const places: number[] = [];
    for (const {operation, role} of isOwn ? [] : roleChangesIn(statement)) {
      places.push(this.#events.length);
      this.#events.push({
        time: toIso(record.time),
        operation,
        path: `role/${role}`,
        accessor: record.user,
        ...(record.remote === '' ? {} : {remoteAddress: record.remote}),
        actor: actorOf(record.user, this.#options.users),
        effect: 'change',
        phase: this.#phase,
      });
    }
    this.#last.set(record.session, {statement, places});
  }

  /** Another statement that fails later in the session leaves what was done. */
  #addError({session, statement}: LogRecord): void {
    const last = this.#last.get(session);
    if (last?.statement !== statement || !canBeTakenBack(statement)) return;
    for (const place of last.places) {
      const event = this.#events[place];
      if (event !== undefined) this.#events[place] = {...event, effect: 'refused'};
    }
  }

  /** Differences that logged statements account for, as `operation role`, whoever made them. */
  #explained(): ReadonlySet<string> {
    const made = this.#events.filter(({effect, phase}) => effect === 'change' && !beforeTheFirstStep.includes(phase));
    return new Set(
      made.flatMap(({operation, path}) =>
        (accountsFor[operation] ?? []).map((kind) => `${kind} ${path.replace(/^role\//, '')}`),
      ),
    );
  }
}

/** As it was written where this machine does not know the time zone. */
function toIso(time: string): string {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? time : new Date(ms).toISOString();
}
