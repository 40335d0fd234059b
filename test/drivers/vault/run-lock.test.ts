import {hostname} from 'node:os';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import * as z from 'zod';
import {policyLanguage} from '../../../src/drivers/vault/policy-language.ts';
import {type HeldLock, releaseLock, takeLock} from '../../../src/drivers/vault/run-lock.ts';
import type {VaultSession} from '../../../src/drivers/vault/session.ts';
import {until} from '../../helpers/context.ts';
import {recordReliability} from '../../helpers/reliability.ts';
import {startForgetfulProxy} from './forgetful-proxy.ts';
import {startVaultLab, type VaultLab} from './vault-lab.ts';

const signal = AbortSignal.timeout(300_000);
/** 1,000 by `npm run reliability`. */
const starts = Number(process.env.OFFDRILL_LOCK_STARTS ?? 200);
const rounds = 3;
const hour = 3_600_000;

describe('drivers/vault/run-lock', {timeout: 300_000}, () => {
  let vault: VaultLab;
  let server: VaultSession;
  let places = 0;
  beforeAll(async () => {
    vault = await startVaultLab();
    await vault.root('POST', 'sys/mounts/locks', {type: 'kv', options: {version: '2'}});
    await vault.root('POST', 'sys/mounts/plain', {type: 'kv', options: {version: '1'}});
    server = (await vault.open({token: vault.lab.rootToken()})).connection;
  });
  afterAll(() => vault?.down());

  const freshPlace = () => ({mount: 'locks', path: `offdrill/orders-${++places}`});
  const take = async (
    place = freshPlace(),
    wish: Partial<Parameters<typeof takeLock>[2]> = {},
  ): Promise<HeldLock & {readonly version: unknown}> => {
    const {run, ...others} = {run: 'one', lifetimeMs: hour, takesOver: false, ...wish};
    await takeLock(server, place, {run, ...others}, signal);
    const {data} = await vault.root('GET', `locks/data/${place.path}`);
    const {metadata} = z.object({metadata: z.object({version: z.number()})}).parse(data);
    return {place, run, version: metadata.version};
  };
  const locked = {code: 'conflict', detail: 'locked'};

  it('lets one run in, and names it to the next', async () => {
    const {place} = await take();

    await expect(take(place, {run: 'two'})).rejects.toMatchObject({
      ...locked,
      message: expect.stringMatching(
        new RegExp(`\`one\` on ${hostname()} holds the lock \`locks/${place.path}\` until \\d{4}-.*resume one`),
      ),
    });
  });

  it('lets the next one in once it was released', async () => {
    const held = await take();
    await releaseLock(server, held, signal);

    expect(await take(held.place, {run: 'two'})).toMatchObject({run: 'two', version: 3});
  });

  it('lets the same run in again, as its resumption does', async () => {
    const {place} = await take();

    expect(await take(place)).toMatchObject({version: 2});
    await expect(take(place, {run: 'two'})).rejects.toMatchObject(locked);
  });

  it('ends by the server’s own clock', async () => {
    const {place} = await take(undefined, {lifetimeMs: 1500});
    await expect(take(place, {run: 'two'})).rejects.toMatchObject(locked);

    await until(async () => (await take(place, {run: 'two'}).catch(() => undefined)) !== undefined);

    const {data} = await vault.root('GET', `locks/data/${place.path}`);
    expect(data).toMatchObject({data: {run: 'two', 'offdrill-lock': 'held'}});
  });

  it('is taken from whoever is gone for good', async () => {
    const held = await take();

    await take(held.place, {run: 'two', takesOver: true});
    await releaseLock(server, held, signal);

    await expect(take(held.place, {run: 'three'})).rejects.toMatchObject({
      message: expect.stringContaining('`two` on'),
    });
  });

  it.each(['delete', 'destroy'] as const)('is free where somebody chose to %s it', async (how) => {
    const {place, version} = await take();
    await vault.root('POST', `locks/${how}/${place.path}`, {versions: [version]});

    expect(await take(place, {run: 'two'})).toMatchObject({version: 2});
  });

  it('touches nothing that is no lock', async () => {
    const place = freshPlace();
    await vault.root('POST', `locks/data/${place.path}`, {data: {password: 'hunter22'}});

    const refused = take(place);

    await expect(refused).rejects.toMatchObject({code: 'conflict', detail: 'no-lock'});
    await expect(refused).rejects.not.toThrow('hunter22');
    expect((await vault.root('GET', `locks/data/${place.path}`)).data).toMatchObject({data: {password: 'hunter22'}});
  });

  it.each([
    ['an engine without versions', 'plain', 'a kv engine without versions'],
    ['no engine', 'nowhere', 'nothing that this token may see'],
    ['another engine', 'database', 'a database engine without versions'],
  ])('refuses %s: there everybody would win', async (_what, mount, found) => {
    await expect(take({mount, path: 'offdrill/orders'})).rejects.toMatchObject({
      code: 'rejected',
      detail: 'not-kv-2',
      message: expect.stringContaining(`found ${found}`),
    });
  });

  it('is released also where no answer came when it was written', async () => {
    const place = freshPlace();
    const proxy = await startForgetfulProxy(
      vault.address,
      ({method, url}) => method === 'POST' && url.includes(place.path),
    );
    const cut = (await vault.open({given: {address: proxy.address, token: vault.lab.rootToken(), lock: place}}))
      .connection;

    await expect(cut.begin({maxDurationMs: 60_000}, signal)).rejects.toMatchObject({code: 'unreachable'});
    const {data} = await vault.root('GET', `locks/data/${place.path}`);
    proxy.remember();
    await cut.end(signal);

    expect(Object(data).data).toMatchObject({'offdrill-lock': 'held'});
    expect(Object((await vault.root('GET', `locks/data/${place.path}`)).data).data).toMatchObject({
      'offdrill-lock': 'released',
    });
    await proxy.close();
  });

  it('holds nothing secret', async () => {
    const {place} = await take();

    const {data} = await vault.root('GET', `locks/data/${place.path}`);
    expect(Object(data).data).toEqual({'offdrill-lock': 'held', run: 'one', host: hostname(), 'lifetime-ms': hour});
  });

  it('is held from the mint of the run token to its end, with the rights that the policy names', async () => {
    const place = freshPlace();
    const given = {address: vault.address, lock: place};
    const policy = policyLanguage.render(policyLanguage.complete([], given), given);
    expect(policy).toContain(`path "locks/data/${place.path}" {\n  capabilities = ["create", "read", "update"]`);
    await vault.root('PUT', 'sys/policies/acl/locking', {policy});
    const token = async (): Promise<string> => {
      const answer = await vault.root('POST', 'auth/token/create', {policies: ['locking'], no_default_policy: true});
      return Object(answer.auth).client_token;
    };
    const first = await vault.open({given: {token: await token(), lock: place}});
    const other = await vault.open({given: {token: await token(), lock: place}, run: 'run-of-somebody-else'});

    await first.connection.begin({maxDurationMs: 60_000}, signal);
    await expect(other.connection.begin({maxDurationMs: 60_000}, signal)).rejects.toMatchObject(locked);
    await other.connection.end(signal);
    await expect(other.connection.begin({maxDurationMs: 60_000}, signal)).rejects.toMatchObject(locked);
    await first.connection.end(signal);
    await other.connection.begin({maxDurationMs: 60_000}, signal);
    await other.connection.end(signal);

    const {data} = await vault.root('GET', `locks/data/${place.path}`);
    expect(Object(data).data).toMatchObject({'offdrill-lock': 'released', run: 'run-of-somebody-else'});
  });

  it(`lets one of ${starts} win`, async () => {
    const winners: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const place = freshPlace();
      const tries = Array.from({length: starts}, (_each, at) => take(place, {run: `run-${at}`}));
      const ended = await Promise.allSettled(tries);
      winners.push(ended.filter(({status}) => status === 'fulfilled').length);
      const refused = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason.detail] : []));
      // With so many at once, a busy machine may not answer each of them in time: that one does not win either.
      expect(refused.filter((detail) => detail !== 'TIMEOUT')).not.toEqual([]);
      expect(refused.filter((detail) => detail !== 'TIMEOUT' && detail !== 'locked')).toEqual([]);
    }

    recordReliability('lock', {name: 'Vault (KV version 2)', starts, rounds, winners: Math.max(...winners)});
    expect(winners).toEqual(Array(rounds).fill(1));
  });
});
