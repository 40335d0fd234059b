import type {AuditEvent} from '../contract/operation.ts';
import type {PlanRecord} from '../contract/plan-record.ts';
import type {Entry, EventData, EventType, Generation, Phase, PhaseCounts, ProbeChange} from '../journal/entries.ts';

/** The entries of one type, with the time at which they were written. */
type Timed<T extends EventType> = EventData<T> & {readonly writtenAt: number};

/** The types of entries that speak of one step. */
type StepEventType = {[T in EventType]: EventData<T> extends {readonly step: string} ? T : never}[EventType];

/** Everything in a journal, looked up by what it speaks of. */
export class Replay {
  readonly #entries: readonly Entry[];
  readonly #byType: ReadonlyMap<EventType, readonly unknown[]>;
  readonly #byStep = new Map<EventType, ReadonlyMap<string, readonly unknown[]>>();
  readonly plan: PlanRecord;

  /** Throws where the entries do not begin as every run does. */
  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
    this.#byType = sortByType(entries);
    const plan = entries.find((entry) => entry.type === 'run.planned');
    if (plan?.type !== 'run.planned') throw new Error('The journal holds no plan: the run ended before it began.');
    this.plan = plan.data;
  }

  get startedAt(): string {
    return this.#entries[0]?.time ?? '';
  }

  get finishedAt(): string {
    return ofTheRun(this.#entries).findLast((entry) => entry.type !== 'run.finished')?.time ?? '';
  }

  /** When records that come in late were last read again, after the run's end. */
  get reconciledAt(): string | undefined {
    return this.#entries.findLast(({type}) => type === 'run.reconciled')?.time;
  }

  /**
   * One for each system: as its record was read last. What an earlier reading found stays found, until one that was made
   * after the run's end, of the whole run, is complete: a process that goes on with a run may read its own part alone.
   */
  get readings(): readonly EventData<'audit.read'>[] {
    const bySystem = new Map<string, EventData<'audit.read'>>();
    let isWhole = false;
    for (const {type, data} of this.#entries) {
      if (type === 'run.resumed') isWhole = false;
      if (type === 'run.reconciled') isWhole = true;
      if (type !== 'audit.read') continue;
      const before = bySystem.get(data.system);
      const isComplete = data.completeTo !== undefined && data.gaps.length === 0;
      bySystem.set(data.system, before === undefined || (isWhole && isComplete) ? data : joined(before, data));
    }
    return [...bySystem.values()];
  }

  /** What came of it when one system's record was last to be read. */
  lastReadingOf(system: string): EventData<'audit.read'> | EventData<'audit.failed'> | undefined {
    const last = this.#entries.findLast(
      (entry) => (entry.type === 'audit.read' || entry.type === 'audit.failed') && entry.data.system === system,
    );
    return last?.type === 'audit.read' || last?.type === 'audit.failed' ? last.data : undefined;
  }

  /** Whether each process of the run, and the one that read records again last, searched the files for the secrets that it knew. */
  get wasSearched(): boolean {
    const begins = ['run.started', 'run.resumed', 'run.reconciled'];
    let isMissing = false;
    let current: {isSearched: boolean; readonly isOfTheRun: boolean} | undefined;
    for (const {type} of this.#entries) {
      if (begins.includes(type)) {
        isMissing ||= current?.isOfTheRun === true && !current.isSearched;
        current = {isSearched: false, isOfTheRun: type !== 'run.reconciled'};
      }
      if (type === 'scan.finished' && current !== undefined) current.isSearched = true;
    }
    return !isMissing && current?.isSearched === true;
  }

  all<T extends EventType>(type: T): readonly Timed<T>[] {
    return (this.#byType.get(type) ?? []) as readonly Timed<T>[];
  }

  /** The entries of one type that speak of one step. */
  ofStep<T extends StepEventType>(type: T, step: string): readonly Timed<T>[] {
    const bySteps = this.#byStep.get(type) ?? Map.groupBy(this.all<StepEventType>(type), (entry) => entry.step);
    this.#byStep.set(type, bySteps);
    return (bySteps.get(step) ?? []) as readonly Timed<T>[];
  }

  first<T extends EventType>(type: T): Timed<T> | undefined {
    return this.all(type)[0];
  }

  /** When a phase began, in milliseconds since the epoch. */
  phaseAt(phase: Phase): number | undefined {
    return this.all('phase.started').find((entry) => entry.phase === phase)?.writtenAt;
  }

  /** The phase that the run was in at a time. */
  phaseOf(time: number): Phase | undefined {
    return this.all('phase.started').findLast(({writtenAt}) => writtenAt <= time)?.phase;
  }

  /**
   * A time of a system's own clock (ISO 8601) by this machine's, in milliseconds since the epoch. Some systems tell their
   * time in whole seconds, so that a difference of less is taken for none.
   */
  ownTime(system: string, time: string): number {
    const skewMs = this.all('preflight.checked').find(({connection}) => connection === system)?.skewMs ?? 0;
    return Date.parse(time) - (Math.abs(skewMs) < 1000 ? 0 : skewMs);
  }

  /** What one probe of one generation saw, change by change. */
  changes(probe: string, generation: Generation): readonly ProbeChange[] {
    return this.all('probe.changed').filter((change) => change.probe === probe && change.generation === generation);
  }

  /** How often a probe was asked in these phases, added up. */
  counts(probe: string, generation: Generation, phases: readonly Phase[]): PhaseCounts {
    const total = {due: 0, skipped: 0, allowed: 0, denied: 0, unreachable: 0, indeterminate: 0, longestGapMs: 0};
    const summaries = this.all('probe.summary').filter(
      (candidate) => candidate.probe === probe && candidate.generation === generation,
    );
    for (const counts of summaries.flatMap((summary) => phases.map((phase) => summary.phases[phase]))) {
      if (counts === undefined) continue;
      total.due += counts.due;
      total.skipped += counts.skipped;
      total.allowed += counts.allowed;
      total.denied += counts.denied;
      total.unreachable += counts.unreachable;
      total.indeterminate += counts.indeterminate;
      total.longestGapMs = Math.max(total.longestGapMs, counts.longestGapMs);
    }
    return total;
  }

  /** Why the run did not go through to its end in one piece: a signal, its time limit, or an end of its process. */
  interruptedBy(): string | undefined {
    const interruption = this.first('interruption');
    if (interruption !== undefined) return interruption.cause;
    return this.#wasCutOff() ? 'its process ended' : undefined;
  }

  /** One that came to its end and was gone on with, for what it had left, was not cut off. */
  #wasCutOff(): boolean {
    let isGoing = false;
    for (const {type} of this.#entries) {
      if (type === 'run.resumed' && isGoing) return true;
      if (type === 'run.started' || type === 'run.resumed') isGoing = true;
      if (type === 'run.finished' || type === 'resume.failed') isGoing = false;
    }
    return false;
  }

  /** When the process that did the steps wrote last, in milliseconds since the epoch: after a resumption nobody has asked in between. */
  get watchedUntil(): number {
    const resumedAt = this.#entries.findIndex(({type}) => type === 'run.resumed');
    return Date.parse(this.#entries.at(resumedAt < 0 ? -1 : resumedAt - 1)?.time ?? '');
  }

  /** Whether a process was cut off before it could say how often it had asked. */
  get lostCounts(): boolean {
    const processes = 1 + this.all('run.resumed').length;
    return !this.hasEnded || this.all('samples.closed').length < processes;
  }

  /** False where the run goes on, or was cut off and not resumed yet. */
  get hasEnded(): boolean {
    const last = this.#entries.findLastIndex(({type}) => type === 'run.resumed' || type === 'run.started');
    return this.#entries.slice(last).some(({type, data}) => type === 'phase.started' && data.phase === 'verdict');
  }

  /** Only rollbacks were run, without the run that did the steps. */
  get restores(): boolean {
    return this.first('run.started')?.restores === true;
  }

  /** Whether the process that wrote last was refused, so that it touched nothing. */
  get wasRefused(): boolean {
    const last = this.#entries.findLastIndex(({type}) => type === 'run.resumed' || type === 'run.started');
    return this.#entries
      .slice(last)
      .some(({type, data}) => (type === 'phase.failed' || type === 'resume.failed') && data.refused);
  }

  /** Steps that are not undone, last one first: those that were started, and of a restoration that began all of the plan. */
  stepsLeft(): readonly string[] {
    const left = new Set<string>(this.restores && !this.wasRefused ? this.plan.steps.map(({id}) => id) : []);
    for (const {type, data} of this.#entries) {
      if (type === 'step.started' || type === 'rollback.failed') left.add(data.step);
      if (type === 'rollback.succeeded' || type === 'rollback.not-needed') left.delete(data.step);
    }
    return [...left].toReversed();
  }

  /** Rollbacks that failed and did not succeed later. */
  rollbacksLeft(): readonly Timed<'rollback.failed'>[] {
    const failed = new Map<string, Timed<'rollback.failed'>>();
    for (const entry of this.#entries) {
      if (entry.type === 'rollback.failed')
        failed.set(entry.data.step, {...entry.data, writtenAt: Date.parse(entry.time)});
      if (entry.type === 'rollback.succeeded' || entry.type === 'rollback.not-needed') failed.delete(entry.data.step);
    }
    return [...failed.values()];
  }

  /** The step that was being done, or rolled back, at a time. */
  stepAt(time: number): string | undefined {
    const starts = [
      ...this.all('step.started').map(({step, at}) => ({text: `step \`${step}\``, at})),
      ...this.all('rollback.started').map(({step, at}) => ({text: `rollback of \`${step}\``, at})),
    ];
    return starts.filter(({at}) => at <= time).toSorted((a, b) => b.at - a.at)[0]?.text;
  }
}

/** Without what was read again after the run's end. */
function ofTheRun(entries: readonly Entry[]): readonly Entry[] {
  let isLater = false;
  return entries.filter(({type}) => {
    if (type === 'run.reconciled') isLater = true;
    if (type === 'run.resumed') isLater = false;
    return !isLater;
  });
}

function joined(before: EventData<'audit.read'>, next: EventData<'audit.read'>): EventData<'audit.read'> {
  const known = new Set(before.events.map(identityOf));
  return {...next, events: [...before.events, ...next.events.filter((event) => !known.has(identityOf(event)))]};
}

/** By what one event is known again in another reading: who did it, and in which phase, may be told otherwise there. */
function identityOf({time, operation, path, accessor, displayName, remoteAddress, effect}: AuditEvent): string {
  return JSON.stringify([time, operation, path, accessor, displayName, remoteAddress, effect]);
}

/** Once for all: each step, probe and capture is looked up on its own, and a journal may hold thousands of entries. */
function sortByType(entries: readonly Entry[]): ReadonlyMap<EventType, readonly unknown[]> {
  const byType = new Map<EventType, unknown[]>();
  for (const {type, time, data} of entries) {
    const timed = {...data, writtenAt: Date.parse(time)};
    const before = byType.get(type);
    if (before === undefined) byType.set(type, [timed]);
    else before.push(timed);
  }
  return byType;
}

/** A busy machine may ask so much later than it was to. */
export const lateMs = 1000;

/** So many allowed samples show that something works. */
export const inARow = 3;

/** How many samples were taken: what was due and skipped is no sample. */
export function taken(counts: PhaseCounts): number {
  return counts.allowed + counts.denied + counts.unreachable + counts.indeterminate;
}

/** More samples skipped than taken: too few to say anything. */
export function tooFew(counts: PhaseCounts): boolean {
  return taken(counts) === 0 || counts.skipped > taken(counts);
}
