import type {Clock} from '../contract/clock.ts';
import {isDead} from '../contract/is-dead.ts';
import type {Observation} from '../contract/observation.ts';
import type {HeldProbe, Probe} from '../contract/operation.ts';
import type {Generation, JournalEvent, Phase, PhaseCounts, ProbeRole} from '../journal/entries.ts';
import type {PlannedAccess, PlannedCall, PlannedDependent} from '../plan/plan.ts';
import {createContext} from './context.ts';
import {Control} from './control.ts';
import type {Facilities} from './facilities.ts';
import {type Sample, Sampler} from './sampler.ts';

/** Hears of every sample: the samples file and the live view. */
export type SampleListener = (sampler: Sampler, sample: Sample) => void;

/** All probes of a run, each on its own clock, and what they saw last. */
export class ProbeBoard {
  readonly #samplers: Sampler[] = [];
  readonly #held: HeldProbe[] = [];
  readonly #controls = new Map<string, Control>();
  readonly #waiters = new Set<() => void>();
  readonly #instances = new Map<string, string>();
  /** Probes of which an answer of what works did not tell which process gave it. */
  readonly #untold = new Set<string>();
  readonly #listener: SampleListener;

  constructor(listener: SampleListener) {
    this.#listener = listener;
  }

  get samplers(): readonly Sampler[] {
    return this.#samplers;
  }

  of(role: ProbeRole, generation: Generation): readonly Sampler[] {
    return this.#samplers.filter(({options}) => options.role === role && options.generation === generation);
  }

  find(probe: string, generation: Generation): Sampler | undefined {
    return this.#samplers.find(({options}) => options.probe === probe && options.generation === generation);
  }

  /** Starts every probe of one generation; held sessions are opened first. Throws where one can't be opened. */
  async start(
    facilities: Facilities,
    generation: Generation,
    probes: {readonly access: readonly PlannedAccess[]; readonly dependents: readonly PlannedDependent[]},
  ): Promise<void> {
    const fresh: Sampler[] = [];
    const total = probes.access.length + probes.dependents.length;
    for (const access of probes.access) {
      const observe = await this.#observer(facilities, access.call, generation, access.session);
      fresh.push(this.#create(facilities, access, 'access', generation, fresh.length / total, observe));
    }
    for (const dependent of probes.dependents) {
      const observe = await this.#observer(facilities, dependent.call, generation, 'new');
      fresh.push(this.#create(facilities, dependent, 'dependent', generation, fresh.length / total, observe));
    }
    for (const sampler of fresh) {
      const {probe, role} = sampler.options;
      facilities.journal({type: 'probe.started', data: {probe, role, generation}});
      this.#samplers.push(sampler);
      sampler.start();
    }
  }

  /** Asks those of these once more that are asked which process answers. Returns whether each told it. */
  async askWho({plan, journal}: Facilities, probes: readonly string[]): Promise<boolean> {
    const due = this.#samplers.filter(
      ({options: {probe}, isSpent}) => probes.includes(probe) && wantsInstance(plan, probe) && !isSpent,
    );
    const told = due.map(async (sampler) => {
      const sample = await sampler.ask();
      if (sample === undefined) return false;
      const {instance, receivedAt: at} = sample;
      const {probe} = sampler.options;
      journal({type: 'probe.asked', data: {probe, ...(instance === undefined ? {} : {instance}), at}});
      return instance !== undefined;
    });
    return (await Promise.all(told)).every(Boolean);
  }

  /**
   * Waits until `reached` says so, asking it after each sample and at least each tenth of a second.
   * False when `deadline` (milliseconds since the epoch) passes first; rejects when the signal aborts.
   */
  async waitUntil(reached: () => boolean, clock: Clock, deadline: number, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      signal.throwIfAborted();
      if (reached()) return true;
      const left = deadline - clock.now();
      if (left <= 0) return false;
      await this.#nextSample(Math.min(100, left), clock, signal);
    }
  }

  /** Stops all clocks, closes what was held and journals how often each probe was asked. */
  async stop(journal: (event: JournalEvent) => void): Promise<void> {
    await Promise.all(this.#samplers.map((sampler) => sampler.stop()));
    await Promise.allSettled(this.#held.splice(0).map((held) => held.close()));
    for (const {options, counts} of this.#samplers.splice(0)) {
      const {probe, role, generation} = options;
      const phases: Partial<Record<Phase, PhaseCounts>> = Object.fromEntries(counts);
      journal({
        type: 'probe.summary',
        data: {
          ...{probe, role, generation, phases},
          instanceSeen: this.#instances.has(probe) && !this.#untold.has(probe),
        },
      });
    }
  }

  async #observer(
    facilities: Facilities,
    call: PlannedCall<Probe>,
    generation: Generation,
    session: 'new' | 'held',
  ): Promise<Sampler['options']['observe']> {
    const input = facilities.values.input(call, generation);
    const {operation} = call;
    const {giveUp} = facilities.interruption;
    const inContext = (signal: AbortSignal) => createContext(facilities, call, AbortSignal.any([signal, giveUp]));
    if (session === 'new') return (signal) => operation.observe(input, inContext(signal));
    if (operation.hold === undefined) throw new Error(`\`${call.uses}\` can't be held`);
    const held = await operation.hold(input, inContext(giveUp));
    this.#held.push(held);
    return (signal) => held.observe(signal);
  }

  #create(
    facilities: Facilities,
    probe: Pick<PlannedAccess, 'name' | 'call' | 'everyMs' | 'timeoutMs'>,
    role: ProbeRole,
    generation: Generation,
    stagger: number,
    observe: Sampler['options']['observe'],
  ): Sampler {
    const control = this.#controlOf(facilities, probe.call.on);
    const mustTell = role === 'dependent' && wantsInstance(facilities.plan, probe.name);
    const access = role === 'access' ? facilities.plan.record.access[probe.name] : undefined;
    return new Sampler({
      probe: probe.name,
      role,
      generation,
      everyMs: probe.everyMs,
      timeoutMs: probe.timeoutMs,
      offsetMs: probe.everyMs * stagger,
      budgeted: probe.call.operation.budget !== undefined,
      clock: facilities.clock,
      isDead: (state) => access !== undefined && isDead(access, state),
      observe: mustTell ? async (signal) => orStrange(await observe(signal)) : observe,
      believes: async (since) => (await control?.holds(since)) ?? false,
      phase: () => facilities.phase,
      onSample: (sample, sampler) => this.#sampled(facilities, sampler, sample),
    });
  }

  #controlOf(facilities: Facilities, connection: string | undefined): Control | undefined {
    if (connection === undefined) return undefined;
    const session = facilities.sessions.get(connection);
    if (session === undefined) return undefined;
    const control =
      this.#controls.get(connection) ??
      new Control(session, facilities.clock, (held, at) =>
        facilities.journal({type: 'control.changed', data: {connection, held, at}}),
      );
    this.#controls.set(connection, control);
    return control;
  }

  #sampled(facilities: Facilities, sampler: Sampler, sample: Sample): void {
    const {probe, role, generation} = sampler.options;
    const from = sampler.previous?.state;
    if (from !== sample.state || endsOtherwise(sampler.previous, sample)) {
      const {lastAllowedSentAt, previous} = sampler;
      facilities.journal({
        type: 'probe.changed',
        data: {
          probe,
          role,
          generation,
          phase: sample.phase,
          ...(from === undefined ? {} : {from}),
          to: sample.state,
          code: sample.code,
          ...(sample.facts === undefined ? {} : {facts: sample.facts}),
          ...(sample.surface === undefined ? {} : {surface: sample.surface}),
          ...(sample.until === undefined ? {} : {until: sample.until}),
          sentAt: sample.sentAt,
          receivedAt: sample.receivedAt,
          ...(lastAllowedSentAt === undefined ? {} : {lastAllowedSentAt}),
          ...(previous === undefined ? {} : {previousReceivedAt: previous.receivedAt}),
        },
      });
    }
    if (sample.instance !== undefined) this.#compareInstance(facilities, probe, sample);
    else if (sample.state === 'allowed' && wantsInstance(facilities.plan, probe)) this.#untold.add(probe);
    this.#listener(sampler, sample);
    for (const wake of this.#waiters) wake();
  }

  #compareInstance(facilities: Facilities, probe: string, sample: Sample): void {
    const to = sample.instance ?? '';
    const from = this.#instances.get(probe);
    this.#instances.set(probe, to);
    if (from !== undefined && from !== to) {
      facilities.journal({type: 'probe.instance', data: {probe, from, to, at: sample.receivedAt}});
    }
  }

  async #nextSample(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
    const waited = new AbortController();
    const sampled = new Promise<void>((resolve) => {
      this.#waiters.add(resolve);
      waited.signal.addEventListener('abort', () => this.#waiters.delete(resolve), {once: true});
    });
    const slept = clock.sleep(ms, AbortSignal.any([signal, waited.signal])).catch(() => undefined);
    await Promise.race([sampled, slept]);
    waited.abort();
  }
}

function wantsInstance({record: {access, dependents}}: Facilities['plan'], probe: string): boolean {
  return (access[probe] ?? dependents[probe])?.instance !== undefined;
}

/**
 * A dependent that works and does not tell which process it is may be a page of somebody in between. An access that works is
 * alive, whoever answers.
 */
function orStrange(seen: Observation): Observation {
  const isStrange = seen.state === 'allowed' && seen.instance === undefined;
  return isStrange ? {...seen, state: 'indeterminate', code: 'no-instance'} : seen;
}

/** Another end than the sample before told: a renewal, or a refusal that is final where it was not. */
function endsOtherwise(before: Sample | undefined, now: Sample): boolean {
  const moved = Math.abs((before?.until ?? 0) - (now.until ?? 0));
  return before?.surface !== now.surface || moved > sameEndMs;
}

/** Systems tell an end in whole seconds, and count them from each answer. */
const sameEndMs = 2000;
