import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {Control} from '../../src/run/control.ts';
import {stopTime} from './manual-time.ts';

describe('run/control', () => {
  let time: ReturnType<typeof stopTime>;
  let asked: number;
  let changes: boolean[];

  beforeEach(() => {
    time = stopTime();
    asked = 0;
    changes = [];
  });
  afterEach(() => vi.useRealTimers());

  const create = (answer: (signal: AbortSignal) => Promise<boolean>): Control => {
    const session = {
      identify: async () => ({}),
      close: async () => undefined,
      control: (signal: AbortSignal) => {
        asked += 1;
        return answer(signal);
      },
    };
    return new Control(session, time.clock, (held) => changes.push(held));
  };

  it('asks once for all who ask together', async () => {
    const control = create(async () => true);

    const answers = await Promise.all([control.holds(), control.holds(), control.holds()]);

    expect(answers).toEqual([true, true, true]);
    expect(asked).toBe(1);
  });

  it('asks anew when an answer is old', async () => {
    const control = create(async () => true);
    await control.holds();
    await time.pass(499);
    await control.holds();
    await time.pass(1);

    await control.holds();

    expect(asked).toBe(2);
  });

  it('asks anew for a change of state, after the question under way', async () => {
    const answers: ((held: boolean) => void)[] = [];
    const control = create(() => new Promise((resolve) => answers.push(resolve)));
    const early = control.holds();
    await time.pass(10);

    const late = [control.holds(time.clock.now()), control.holds(time.clock.now())];
    answers[0]?.(true);
    await early;
    await time.pass(0);
    answers[1]?.(false);

    expect(await early).toBe(true);
    expect(await Promise.all(late)).toEqual([false, false]);
    expect(asked).toBe(2);
  });

  it('asks anew after every loss', async () => {
    const control = create(async () => false);

    const answers = [await control.holds(), await control.holds()];

    expect(answers).toEqual([false, false]);
    expect(asked).toBe(2);
  });

  it('is lost where the system throws', async () => {
    const control = create(() => Promise.reject(new Error('down')));

    expect(await control.holds()).toBe(false);
  });

  it('tells only of changes', async () => {
    let held = true;
    const control = create(async () => held);
    await control.holds();
    await time.pass(500);
    await control.holds();
    held = false;
    await time.pass(500);

    await control.holds();
    await control.holds();

    expect(changes).toEqual([true, false]);
  });

  it('is lost where the system never answers', async () => {
    vi.useRealTimers();
    const control = new Control(
      {identify: async () => ({}), close: async () => undefined, control: () => new Promise(() => undefined)},
      {now: () => performance.now(), sleep: async () => undefined},
      (held) => changes.push(held),
    );

    expect(await control.holds()).toBe(false);
    expect(changes).toEqual([false]);
  });
});
