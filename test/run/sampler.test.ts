import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import type {Observation} from '../../src/contract/observation.ts';
import type {Phase} from '../../src/journal/entries.ts';
import {type Sample, Sampler, type SamplerOptions} from '../../src/run/sampler.ts';
import {stopTime} from './manual-time.ts';

const allowed: Observation = {state: 'allowed', code: '200'};
const denied: Observation = {state: 'denied', code: '401'};

describe('run/sampler', () => {
  let time: ReturnType<typeof stopTime>;
  let samples: Sample[];

  beforeEach(() => {
    time = stopTime();
    samples = [];
  });
  afterEach(() => vi.useRealTimers());

  const create = (changes: Partial<SamplerOptions>): Sampler =>
    new Sampler({
      probe: 'token',
      role: 'access',
      generation: 1,
      everyMs: 100,
      timeoutMs: 1000,
      offsetMs: 0,
      budgeted: false,
      clock: time.clock,
      isDead: (state) => state === 'denied',
      observe: async () => allowed,
      believes: async () => true,
      phase: () => 'baseline',
      onSample: (sample) => samples.push(sample),
      ...changes,
    });
  const answerAfter = (ms: number, observation = allowed) =>
    new Promise<Observation>((resolve) => setTimeout(() => resolve(observation), ms));

  it('asks at fixed times, however long answers take', async () => {
    const sampler = create({offsetMs: 40, observe: () => answerAfter(30)});

    sampler.start();
    await time.pass(380);

    expect(samples.map(({sentAt, receivedAt}) => [sentAt, receivedAt])).toEqual([
      [40, 70],
      [140, 170],
      [240, 270],
      [340, 370],
    ]);
  });

  it('counts samples that could not start as skipped', async () => {
    const sampler = create({observe: () => answerAfter(250)});

    sampler.start();
    await time.pass(690);

    expect(samples.map(({sentAt}) => sentAt)).toEqual([0, 300]);
    expect(sampler.counts.get('baseline')).toMatchObject({due: 7, allowed: 2, skipped: 4});
  });

  it('has one sample in flight at a time', async () => {
    let inFlight = 0;
    let most = 0;
    const sampler = create({
      observe: async () => {
        inFlight += 1;
        most = Math.max(most, inFlight);
        await answerAfter(30);
        inFlight -= 1;
        return allowed;
      },
    });

    sampler.start();
    const asked = [sampler.ask(), sampler.ask(), sampler.ask()];
    await time.pass(500);
    await Promise.all(asked);

    expect(most).toBe(1);
    expect(samples.length).toBeGreaterThanOrEqual(6);
  });

  it('takes a probe that never answers for unreachable', async () => {
    let signal: AbortSignal | undefined;
    const sampler = create({
      timeoutMs: 250,
      observe: (given) => {
        signal = given;
        return new Promise(() => undefined);
      },
    });

    const asked = sampler.ask();
    await time.pass(250);

    expect(await asked).toMatchObject({state: 'unreachable', code: 'TIMEOUT', sentAt: 0, receivedAt: 250});
    expect(signal?.aborted).toBe(true);
  });

  it('calls a probe that throws indeterminate', async () => {
    const sampler = create({observe: () => Promise.reject(new Error('broken'))});

    expect(await sampler.ask()).toMatchObject({state: 'indeterminate', code: 'probe-error'});
  });

  it('ends the clock of a budgeted probe at the first denial', async () => {
    let answer = allowed;
    const sampler = create({budgeted: true, observe: async () => answer});

    sampler.start();
    await time.pass(150);
    answer = denied;
    await time.pass(1000);

    expect(samples.map(({state}) => state)).toEqual(['allowed', 'allowed', 'denied']);
  });

  it('ends the clock of a budgeted probe at a denial that is not believed', async () => {
    const sampler = create({budgeted: true, observe: async () => denied, believes: async () => false});

    sampler.start();
    await time.pass(500);

    expect(samples.map(({state, code}) => `${state} ${code}`)).toEqual(['indeterminate no-control:401']);
    expect(sampler.isSpent).toBe(true);
  });

  it('keeps the longest time for which nobody asked, of an access between dead samples alone', async () => {
    const answers = [allowed, allowed, denied, denied, denied];
    let asked = 0;
    const sampler = create({
      observe: () => answerAfter(asked === 0 || asked === 3 ? 250 : 10, answers[asked++] ?? denied),
    });

    sampler.start();
    await time.pass(1090);

    expect(samples.map(({sentAt}) => sentAt).slice(0, 6)).toEqual([0, 300, 400, 500, 800, 900]);
    expect(sampler.counts.get('baseline')?.longestGapMs).toBe(300);
  });

  it('asks for a control that is younger than the first denial', async () => {
    const since: (number | undefined)[] = [];
    const sampler = create({
      observe: () => answerAfter(30, denied),
      believes: async (at) => {
        since.push(at);
        return true;
      },
    });

    sampler.start();
    await time.pass(290);

    expect(since).toEqual([30, undefined, undefined]);
  });

  it('asks a budgeted probe again when told to', async () => {
    const sampler = create({budgeted: true, observe: async () => denied});
    sampler.start();
    await time.pass(500);

    const asked = await sampler.ask();
    await time.pass(500);

    expect(asked).toMatchObject({state: 'denied', sequence: 1});
    expect(samples).toHaveLength(2);
  });

  it('starts an ended clock anew, in time', async () => {
    let answer = denied;
    const sampler = create({budgeted: true, observe: async () => answer});
    sampler.start();
    await time.pass(5000);

    answer = allowed;
    sampler.start();
    await time.pass(250);

    expect(samples.map(({sentAt}) => sentAt)).toEqual([0, 5000, 5100, 5200]);
  });

  it('demotes a denial that no control backs', async () => {
    const sampler = create({observe: async () => denied, believes: async () => false});

    expect(await sampler.ask()).toMatchObject({state: 'indeterminate', code: 'no-control:401'});
    expect(sampler.deadSince).toBeUndefined();
  });

  it('believes a denial that is its own control', async () => {
    const sampler = create({
      observe: async () => ({...denied, ownControl: true}),
      believes: () => Promise.reject(new Error('asked')),
    });

    expect(await sampler.ask()).toMatchObject({state: 'denied', code: '401'});
  });

  it('counts a sample in the phase that sent it', async () => {
    let phase: Phase = 'baseline';
    const sampler = create({observe: () => answerAfter(30), phase: () => phase});

    const asked = sampler.ask();
    phase = 'shutdown';
    await time.pass(30);

    expect(await asked).toMatchObject({phase: 'baseline'});
    expect(sampler.counts.get('baseline')?.allowed).toBe(1);
    expect(sampler.counts.get('shutdown')).toBeUndefined();
  });

  it('measures dead time from the last life', async () => {
    let answer = denied;
    const sampler = create({observe: async () => answer});
    sampler.start();
    await time.pass(150);
    const first = sampler.deadSince;

    answer = allowed;
    await time.pass(100);
    const alive = sampler.deadSince;
    answer = denied;
    await time.pass(200);

    expect([first, alive, sampler.deadSince]).toEqual([0, undefined, 300]);
    expect(sampler.lastAllowedSentAt).toBe(200);
    expect(sampler.streak).toMatchObject({state: 'denied', since: 300, samples: 2});
  });

  it('waits for the sample in flight when stopped', async () => {
    const sampler = create({observe: () => answerAfter(50)});
    sampler.start();
    await time.pass(10);

    const stopped = sampler.stop();
    await time.pass(1000);
    await stopped;

    expect(samples).toHaveLength(1);
    expect(await sampler.ask()).toBeUndefined();
  });
});
