import {describe, expect, it} from 'vitest';
import {type Server, TokenInventory} from '../../../src/drivers/vault/token-inventory.ts';

const signal = AbortSignal.timeout(60_000);
const alive = {
  data: {
    accessor: 'a1',
    path: 'auth/approle/login',
    policies: ['orders-mcp'],
    ttl: 60,
    entity_id: '',
    meta: {role_name: 'orders-mcp'},
  },
};
const dying = {errors: ['1 error occurred:\n\t* permission denied\n\n']};

/** A server that answers lookups of one accessor in this order, the last answer again and again; sleeping moves its clock. */
function inventoryOf(...answers: readonly {readonly status: number; readonly body?: Record<string, unknown>}[]) {
  let asked = 0;
  let now = 0;
  const server: Server = {
    address: 'http://127.0.0.1:8200',
    runAccessor: undefined,
    list: async () => ['a1'],
    ask: async () => {
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      return {status: answer?.status ?? 0, body: answer?.body};
    },
  };
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  return {inventory: new TokenInventory(server, clock), asked: () => asked, now: () => now};
}

describe('drivers/vault/token-inventory', () => {
  it('asks once more about a token of which it may not know, since one that is on its way out is answered so', async () => {
    const gone = inventoryOf({status: 403, body: dying}, {status: 403, body: dying}, {status: 400});
    const lives = inventoryOf({status: 403, body: dying}, {status: 200, body: alive});

    expect(await gone.inventory.living(signal)).toEqual([]);
    expect(gone.asked()).toBe(3);
    expect(await lives.inventory.living(signal)).toEqual([expect.objectContaining({accessor: 'a1'})]);
  });

  it('says that it may not, where that stays so', async () => {
    const forbidden = inventoryOf({status: 403, body: dying});

    await expect(forbidden.inventory.living(signal)).rejects.toThrow('got 403 (permission denied)');
    expect(forbidden.now()).toBeGreaterThan(1000);
    expect(forbidden.now()).toBeLessThan(1100);
  });

  it.each([400, 404])('takes %i for gone at once', async (status) => {
    const gone = inventoryOf({status});

    expect(await gone.inventory.lookUp('a1', signal)).toBeUndefined();
    expect(gone.asked()).toBe(1);
  });

  it('asks no second time about any other refusal', async () => {
    const failing = inventoryOf({status: 500});

    await expect(failing.inventory.lookUp('a1', signal)).rejects.toThrow('got 500');
    expect(failing.asked()).toBe(1);
  });

  it('looks a token up once, and knows it after its end', async () => {
    const {inventory, asked} = inventoryOf({status: 200, body: alive});

    await inventory.living(signal);
    await inventory.living(signal);

    expect(await inventory.everOf({approle: 'orders-mcp', mount: 'approle'}, signal)).toHaveLength(1);
    expect(await inventory.everOf({approle: 'checkout', mount: 'approle'}, signal)).toEqual([]);
    expect(asked()).toBe(1);
  });
});
