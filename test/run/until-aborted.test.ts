import {describe, expect, it} from 'vitest';
import {untilAborted, within} from '../../src/run/until-aborted.ts';

describe('run/until-aborted', () => {
  const reason = new Error('told to stop');
  const never = (): Promise<never> => new Promise(() => undefined);

  it('gives what the call came to', async () => {
    expect(await untilAborted(new AbortController().signal, async () => 'done')).toBe('done');
  });

  it('leaves a call that heeds no signal', async () => {
    const stop = new AbortController();

    const left = untilAborted(stop.signal, never);
    stop.abort(reason);

    await expect(left).rejects.toBe(reason);
  });

  it('lets a call end in its grace', async () => {
    const stop = new AbortController();
    const ending = untilAborted(
      stop.signal,
      () =>
        new Promise((resolve) => stop.signal.addEventListener('abort', () => setTimeout(() => resolve('ended'), 5))),
      2000,
    );

    stop.abort(reason);

    expect(await ending).toBe('ended');
  });

  it('begins nothing once aborted', async () => {
    let begun = false;

    const act = untilAborted(AbortSignal.abort(reason), async () => {
      begun = true;
    });

    await expect(act).rejects.toBe(reason);
    expect(begun).toBe(false);
  });

  it('bounds a call by time', async () => {
    await expect(within(10, never)).rejects.toThrow('within 10 ms');
  });
});
