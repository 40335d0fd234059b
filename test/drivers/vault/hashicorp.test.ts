import {describe, expect, it} from 'vitest';
import {irrevocableLeases} from '../../../src/drivers/vault/irrevocable-leases.ts';
import {revokeLeases} from '../../../src/drivers/vault/revoke-leases.ts';
import {revokeTokens} from '../../../src/drivers/vault/revoke-tokens.ts';
import {VaultSession} from '../../../src/drivers/vault/session.ts';
import {token as tokenProbe} from '../../../src/drivers/vault/token.ts';
import {contextOf, type TestContext} from '../../helpers/context.ts';
import {clientOf, standIn} from './client-rig.ts';
import {type Asked, json} from './stand-in.ts';

const prefix = 'database/creds/orders-mcp';
const lease = `${prefix}/1`;
type Answer = readonly [status: number, body?: unknown];

/** Where HashiCorp Vault words its answers otherwise than OpenBao does, as was seen on 1.21. */
describe('drivers/vault on HashiCorp Vault', () => {
  /** A session on a server that gives these answers, by the beginning of what it is asked; 404 with nothing for the rest. */
  const on = async (
    answers: Readonly<Record<string, Answer>>,
  ): Promise<{ctx: TestContext<VaultSession>; asked: Asked[]}> => {
    const {address, asked} = await standIn(({method, url}, response) => {
      const found = Object.entries(answers).find(([known]) => `${method} ${url}`.startsWith(known));
      const [status, body] = found?.[1] ?? [404, {errors: []}];
      if (body === undefined) response.writeHead(status).end();
      else json(response, status, body);
    });
    const context = contextOf(undefined);
    const options = {address, namespace: '', logIn: async () => 'operator', endsLogin: false};
    const session = new VaultSession(await clientOf({address}), options, {
      ...context,
      owned: () => [],
      ownedEarlier: () => [],
    });
    return {ctx: {...context, connection: session}, asked};
  };
  const listed: Answer = [200, {data: {keys: ['1']}}];
  const alive: Answer = [200, {data: {id: lease, ttl: 100, issue_time: 'x'}}];

  it('reads the two errors of a dead token as one refusal', async () => {
    const errors = ['2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n'];
    const {ctx} = await on({'GET /v1/auth/token/lookup-self': [403, {errors}]});

    expect(await tokenProbe.observe({token: 'hvs.dead'}, ctx)).toEqual({state: 'denied', code: '403'});
  });

  it('takes a warning about an accessor that is gone for no error', async () => {
    const warnings = ['No token found with this accessor'];
    const {ctx} = await on({
      'GET /v1/auth/token/accessors': [200, {data: {keys: []}}],
      'POST /v1/auth/token/revoke-accessor': [200, {data: null, warnings}],
      'POST /v1/auth/token/lookup-accessor': [400, {errors: ['invalid accessor']}],
    });
    const input = revokeTokens.input.parse({approle: 'orders-mcp'});

    await revokeTokens.execute(input, {tokens: ['gone']}, ctx);

    expect(await revokeTokens.inspect?.(input, {tokens: ['gone']}, ctx)).toBe('applied');
  });

  it('finds a lease that was given up in the list alone, since its look-up says nothing', async () => {
    const {ctx} = await on({
      'GET /v1/sys/leases/lookup/': listed,
      'POST /v1/sys/leases/lookup': alive,
      'GET /v1/sys/leases?type=irrevocable&limit=none': [
        200,
        {data: {lease_count: 1, leases: [{lease_id: lease, mount_id: 'm', error: 'out of retries'}]}},
      ],
    });

    expect(await irrevocableLeases.observe({prefix}, ctx)).toMatchObject({
      state: 'allowed',
      code: 'irrevocable',
      facts: {irrevocable: 1, leases: 1},
    });
  });

  it('says that none was given up only where the list was shown', async () => {
    const lookups = {'GET /v1/sys/leases/lookup/': listed, 'POST /v1/sys/leases/lookup': alive};
    const forbidden = await on({...lookups, 'GET /v1/sys/leases?': [403, {errors: ['permission denied']}]});
    const empty = await on({...lookups, 'GET /v1/sys/leases?': [200, {data: {lease_count: 0, leases: null}}]});

    expect(await irrevocableLeases.observe({prefix}, forbidden.ctx)).toMatchObject({state: 'indeterminate'});
    expect(await irrevocableLeases.observe({prefix}, empty.ctx)).toMatchObject({state: 'denied', code: 'none'});
  });

  it('names the lease whose revocation the system behind refused, and asks for nothing more', async () => {
    const {ctx, asked} = await on({
      'GET /v1/sys/leases/lookup/': listed,
      'POST /v1/sys/leases/lookup': alive,
      'PUT /v1/sys/leases/revoke/': [500, {errors: ['failed to revoke entry: cannot be dropped (SQLSTATE 2BP01)']}],
    });

    await expect(revokeLeases.execute({prefix}, {leases: []}, ctx)).rejects.toThrow(`\`${lease}\``);

    expect(asked.filter(({url}) => url.includes('revoke-force'))).toEqual([]);
    expect(asked.find(({url}) => url.includes('/revoke/'))?.body).toBe('{"sync":true}');
  });
});
