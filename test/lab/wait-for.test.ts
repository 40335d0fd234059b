import {describe, expect, it} from 'vitest';
import {EndedError} from '../../lab/processes.ts';
import {waitFor} from '../../lab/wait-for.ts';

describe('lab/wait-for', () => {
  it('asks again until it is so', async () => {
    let asked = 0;

    await waitFor('third time', 5000, async () => ++asked === 3);

    expect(asked).toBe(3);
  });

  it('asks again after an error', async () => {
    let asked = 0;

    await waitFor('up', 5000, async () => {
      if (++asked === 1) throw new Error('connect ECONNREFUSED');
      return true;
    });

    expect(asked).toBe(2);
  });

  it('says what was not so in time, with the last error', async () => {
    const refused = waitFor('OpenBao answers', 50, async () => {
      throw new Error('connect ECONNREFUSED');
    });
    const silent = waitFor('OpenBao is active', 50, async () => false);

    await expect(refused).rejects.toThrow('OpenBao answers: not so within 0.05 s (connect ECONNREFUSED).');
    await expect(silent).rejects.toThrow('OpenBao is active: not so within 0.05 s (no answer).');
  });

  it('does not wait for what ended by itself', async () => {
    let asked = 0;

    const waiting = waitFor('PostgreSQL answers', 60_000, async () => {
      asked += 1;
      throw new EndedError('PostgreSQL ended by itself.');
    });

    await expect(waiting).rejects.toThrow('PostgreSQL ended by itself.');
    expect(asked).toBe(1);
  });
});
