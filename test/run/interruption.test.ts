import {describe, expect, it} from 'vitest';
import {Interruption} from '../../src/run/interruption.ts';

describe('run/interruption', () => {
  it('stops what goes forward at the first', () => {
    const interruption = new Interruption();

    interruption.interrupt('SIGTERM');

    expect([interruption.forward.aborted, interruption.giveUp.aborted]).toEqual([true, false]);
    expect(interruption.cause).toBe('SIGTERM');
  });

  it('only warns at the second and gives up at the third', () => {
    const interruption = new Interruption();
    const told: [string, number, boolean][] = [];
    interruption.onInterrupt((cause, count) => told.push([cause, count, interruption.giveUp.aborted]));

    interruption.interrupt('SIGINT');
    interruption.interrupt('SIGTERM');
    const afterTwo = interruption.giveUp.aborted;
    interruption.interrupt('SIGINT');

    expect(afterTwo).toBe(false);
    expect(interruption.giveUp.aborted).toBe(true);
    expect(told.map(([cause, count]) => [cause, count])).toEqual([
      ['SIGINT', 1],
      ['SIGTERM', 2],
      ['SIGINT', 3],
    ]);
    expect(interruption.cause).toBe('SIGINT');
  });

  it('never counts time as a second signal', () => {
    const interruption = new Interruption();
    interruption.interrupt('SIGINT');

    interruption.interrupt('max-duration');
    interruption.interrupt('max-duration');

    expect(interruption.giveUp.aborted).toBe(false);
  });

  it('gives up at once where it is told to', () => {
    const interruption = new Interruption();
    const told: unknown[] = [];
    interruption.onInterrupt((cause, count) => told.push([cause, count]));

    interruption.abandon('max-duration');
    interruption.abandon('max-duration');

    expect([interruption.forward.aborted, interruption.giveUp.aborted]).toEqual([true, true]);
    expect(told).toEqual([['max-duration', 3]]);
  });

  it('tells a late listener what happened before', () => {
    const interruption = new Interruption();
    interruption.interrupt('SIGINT');
    const told: unknown[] = [];

    interruption.onInterrupt((cause, count) => told.push([cause, count]));

    expect(told).toEqual([['SIGINT', 1]]);
  });
});
