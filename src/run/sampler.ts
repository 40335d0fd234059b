import type {Clock} from '../contract/clock.ts';
import type {Observation, ObservationState} from '../contract/observation.ts';
import type {Generation, Phase, PhaseCounts, ProbeRole} from '../journal/entries.ts';

export type SamplerOptions = {
  readonly probe: string;
  readonly role: ProbeRole;
  readonly generation: Generation;
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** Delay of its first sample, so that probes do not all ask at once. */
  readonly offsetMs: number;
  /** Ends its clock at the first denial: what it asks counts against a lock. */
  readonly budgeted: boolean;
  readonly clock: Clock;
  /** Whether a state counts as removed; never for what must live. */
  isDead(state: ObservationState): boolean;
  /** Asks once. May throw; must end soon after the signal aborts. */
  observe(signal: AbortSignal): Promise<Observation>;
  /** Whether a denial by this system may be believed, as asked at `since` or later, or a moment ago. */
  believes(since?: number): Promise<boolean>;
  phase(): Phase;
  onSample(sample: Sample, sampler: Sampler): void;
};

export type Sample = Observation & {
  readonly sequence: number;
  readonly phase: Phase;
  readonly sentAt: number;
  readonly receivedAt: number;
};

/** The samples in a row, up to the last, that saw the same state. */
export type Streak = {readonly state: ObservationState; readonly since: number; samples: number; last: Sample};

/**
 * Asks one probe on a clock of its own: at fixed times from its start, never waiting for other probes or for steps. One
 * sample is in flight at a time; one that could not start because of that is counted as skipped. Keeps counts, not samples.
 */
export class Sampler {
  readonly options: SamplerOptions;
  readonly #counts = new Map<Phase, {-readonly [K in keyof PhaseCounts]: PhaseCounts[K]}>();
  #streak: Streak | undefined;
  #previous: Sample | undefined;
  #lastAllowedSentAt: number | undefined;
  #deadSince: number | undefined;
  #sequence = 0;
  #inFlight: Promise<Sample> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #ticks = 0;
  #stopped = false;
  #isSpent = false;

  constructor(options: SamplerOptions) {
    this.options = options;
  }

  get streak(): Streak | undefined {
    return this.#streak;
  }

  /** The sample before the last one. */
  get previous(): Sample | undefined {
    return this.#previous;
  }

  /** When the last sample that was allowed was sent. */
  get lastAllowedSentAt(): number | undefined {
    return this.#lastAllowedSentAt;
  }

  /** Since when every sample was dead, to the last; undefined when the last was not. */
  get deadSince(): number | undefined {
    return this.#deadSince;
  }

  /** Denied once, believed or not, with a budget: it is no longer asked on its clock. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  get counts(): ReadonlyMap<Phase, PhaseCounts> {
    return this.#counts;
  }

  /** Starts the clock; anew, where it runs or ended at a denial. */
  start(): void {
    clearTimeout(this.#timer);
    this.#isSpent = false;
    this.#ticks = 0;
    this.#startedAt = this.options.clock.now() + this.options.offsetMs;
    this.#schedule();
  }

  /** Asks once more, after the sample in flight, whatever the clock says. Undefined when stopped. */
  async ask(): Promise<Sample | undefined> {
    while (this.#inFlight !== undefined) await this.#inFlight;
    return this.#stopped ? undefined : this.#take();
  }

  /** Stops the clock and waits for the sample in flight. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#inFlight;
  }

  #schedule(): void {
    if (this.#stopped) return;
    const due = this.#startedAt + this.#ticks * this.options.everyMs;
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, due - this.options.clock.now()));
  }

  #tick(): void {
    this.#ticks += 1;
    const counts = this.#countsNow();
    counts.due += 1;
    if (this.#inFlight === undefined) void this.#take();
    else counts.skipped += 1;
    this.#schedule();
  }

  #take(): Promise<Sample> {
    const taken = this.#observe().finally(() => {
      this.#inFlight = undefined;
    });
    this.#inFlight = taken;
    return taken;
  }

  async #observe(): Promise<Sample> {
    const {clock} = this.options;
    const sequence = this.#sequence++;
    const phase = this.options.phase();
    const sentAt = clock.now();
    const observed = await observeWithin(this.options);
    const receivedAt = clock.now();
    const believed = await this.#believe(observed, receivedAt);
    if (observed.state === 'denied') this.#isSpent = this.options.budgeted;
    const sample: Sample = {...believed, sequence, phase, sentAt, receivedAt};
    this.#record(sample);
    return sample;
  }

  /** The first denial needs a control that was asked after it; those that follow, one of a moment ago. */
  async #believe(observed: Observation, receivedAt: number): Promise<Observation> {
    if (observed.state !== 'denied' || observed.ownControl === true) return observed;
    const isFirst = this.#streak?.state !== 'denied';
    if (await this.options.believes(isFirst ? receivedAt : undefined)) return observed;
    return {...observed, state: 'indeterminate', code: `no-control:${observed.code}`};
  }

  #record(sample: Sample): void {
    const counts = this.#countsNow(sample.phase);
    counts[sample.state] += 1;
    this.#previous = this.#streak?.last;
    counts.longestGapMs = Math.max(counts.longestGapMs, this.#gapBefore(sample));
    if (this.#streak?.state === sample.state) {
      this.#streak.samples += 1;
      this.#streak.last = sample;
    } else {
      this.#streak = {state: sample.state, since: sample.receivedAt, samples: 1, last: sample};
    }
    this.#deadSince = this.options.isDead(sample.state) ? (this.#deadSince ?? sample.receivedAt) : undefined;
    this.options.onSample(sample, this);
    if (sample.state === 'allowed') this.#lastAllowedSentAt = sample.sentAt;
    if (this.#isSpent) clearTimeout(this.#timer);
  }

  /** What happened between two samples was not seen. For an access that matters while it has to stay dead. */
  #gapBefore({state, sentAt}: Sample): number {
    const {role, isDead} = this.options;
    const previous = this.#previous;
    if (previous === undefined || (role === 'access' && !(isDead(previous.state) && isDead(state)))) return 0;
    return Math.round(sentAt - previous.sentAt);
  }

  #countsNow(phase = this.options.phase()) {
    const counts = this.#counts.get(phase) ?? {
      due: 0,
      skipped: 0,
      allowed: 0,
      denied: 0,
      unreachable: 0,
      indeterminate: 0,
      longestGapMs: 0,
    };
    this.#counts.set(phase, counts);
    return counts;
  }
}

/** The time limit holds whatever the probe does: one that neither answers nor ends is nobody answering. */
async function observeWithin(options: Pick<SamplerOptions, 'timeoutMs' | 'observe'>): Promise<Observation> {
  const limit = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<Observation>((resolve) => {
    timer = setTimeout(() => {
      limit.abort(new Error('time limit'));
      resolve({state: 'unreachable', code: 'TIMEOUT'});
    }, options.timeoutMs);
  });
  try {
    return await Promise.race([options.observe(limit.signal), timedOut]);
  } catch {
    return {state: 'indeterminate', code: 'probe-error'};
  } finally {
    clearTimeout(timer);
  }
}
