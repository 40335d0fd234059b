import {describe, expect, it} from 'vitest';
import {DriverError} from '../../src/contract/driver-error.ts';
import {attempt} from '../../src/run/attempt.ts';

const passing = new DriverError('Expected an answer, got 503.', {code: 'unavailable', retryable: true});
const final = new DriverError('Expected a yes, got 403.', {code: 'forbidden'});

describe('run/attempt', () => {
  const forever = new AbortController().signal;

  it('tries again after an error that may pass', async () => {
    const attempts: number[] = [];

    const result = await attempt(forever, async (number) => {
      attempts.push(number);
      if (number < 3) throw passing;
      return 'done';
    });

    expect(result).toBe('done');
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('gives up after three attempts', async () => {
    let attempts = 0;

    const tried = attempt(forever, async () => {
      attempts += 1;
      throw passing;
    });

    await expect(tried).rejects.toBe(passing);
    expect(attempts).toBe(3);
  });

  it.each([
    ['a refusal', final],
    ['an error of no driver', new Error('broken')],
  ])('never repeats after %s', async (_name, error) => {
    let attempts = 0;

    const tried = attempt(forever, async () => {
      attempts += 1;
      throw error;
    });

    await expect(tried).rejects.toBe(error);
    expect(attempts).toBe(1);
  });

  it('ends the wait between attempts when interrupted', async () => {
    const interruption = new AbortController();
    const reason = new Error('interrupted');
    let attempts = 0;

    const tried = attempt(interruption.signal, async () => {
      attempts += 1;
      setTimeout(() => interruption.abort(reason), 10);
      throw passing;
    });

    await expect(tried).rejects.toBe(reason);
    expect(attempts).toBe(1);
  });

  it('begins nothing once interrupted', async () => {
    const reason = new Error('interrupted');
    let attempts = 0;

    const tried = attempt(AbortSignal.abort(reason), async () => {
      attempts += 1;
    });

    await expect(tried).rejects.toBe(reason);
    expect(attempts).toBe(0);
  });
});
