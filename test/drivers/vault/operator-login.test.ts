import {createSign, generateKeyPairSync} from 'node:crypto';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {connection} from '../../../src/drivers/vault/connection.ts';
import {issueSecretId, startVaultLab, type VaultLab} from './vault-lab.ts';

const signal = AbortSignal.timeout(120_000);
const {publicKey, privateKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'});

/** On the lab's real server, which lets the operator in by AppRole and by JWT; a Kubernetes login is the same call. */
describe('drivers/vault/operator-login', () => {
  let vault: VaultLab;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'offdrill-jwt-'));
    vault = await startVaultLab();
    await vault.root('POST', 'auth/approle/role/operator', {token_policies: ['operator'], token_ttl: '10m'});
    for (const mount of ['jwt', 'kubernetes']) {
      await vault.root('POST', `sys/auth/${mount}`, {type: 'jwt'});
      const key = publicKey.export({type: 'spki', format: 'pem'});
      await vault.root('POST', `auth/${mount}/config`, {jwt_validation_pubkeys: [key]});
      await vault.root('POST', `auth/${mount}/role/drills`, {
        role_type: 'jwt',
        user_claim: 'sub',
        bound_audiences: ['vault'],
        token_policies: ['operator'],
      });
    }
  });
  afterAll(async () => {
    await vault?.down();
    await rm(folder, {recursive: true, force: true});
  });

  const byApprole = async () => {
    const {roleId, secretId} = await issueSecretId(vault.root, 'operator');
    return {login: {approle: {role: 'operator', 'role-id': roleId, 'secret-id': secretId}}};
  };
  const byJwt = async (method: 'jwt' | 'kubernetes', claims: object = {}) => {
    const file = path.join(folder, `${method}.jwt`);
    await writeFile(file, `${signJwt({sub: 'drills', aud: 'vault', ...claims})}\n`);
    return {login: {[method]: {role: 'drills', file}}};
  };
  const tokens = async () => Object((await vault.root('LIST', 'auth/token/accessors')).data).keys.length;

  it.each([
    ['AppRole', byApprole],
    ['a JWT file', () => byJwt('jwt')],
    ['a service account', () => byJwt('kubernetes')],
  ])('works with the token of a login by %s, and ends it', async (_what, given) => {
    const before = await tokens();
    const ctx = await vault.open({given: await given()});

    await ctx.connection.begin({maxDurationMs: 60_000}, signal);

    expect(await ctx.connection.control(signal)).toBe(true);
    expect(await tokens()).toBe(before + 2);
    await ctx.connection.end(signal);
    await ctx.connection.close();
    await ctx.connection.close();
    expect(await tokens()).toBe(before);
  });

  it('declares the token as the run’s own, and makes all of it known to the redactor', async () => {
    const given = await byJwt('jwt');
    const ctx = await vault.open({given});

    await ctx.connection.control(signal);

    expect([...ctx.known.values()].toSorted()).toEqual(['JWT of the operator', 'token of the operator']);
    expect(ctx.owned.size).toBe(1);
    await ctx.connection.close();
  });

  it('sends no credential before the server has said who it is', async () => {
    const ctx = await vault.open({given: {login: {jwt: {role: 'drills', file: '/no/such/file'}}}});

    expect(await ctx.connection.identify(signal)).toMatchObject({cluster: 'offdrill-lab'});
    await expect(ctx.connection.control(signal)).rejects.toThrow(/Expected `\/no\/such\/file` to hold the JWT/);
    await ctx.connection.close();
  });

  it('says who was refused where, and nothing of the credential', async () => {
    const ctx = await vault.open({given: await byJwt('jwt', {aud: 'somebody-else'})});

    const asking = ctx.connection.control(signal);

    await expect(asking).rejects.toThrow(/to let the operator in by jwt at `auth\/jwt`, and it refuses \(40[03]\)/);
  });

  it('refuses a login that gives batch tokens, which have no children', async () => {
    await vault.root('POST', 'auth/approle/role/operator', {token_type: 'batch'});
    const ctx = await vault.open({given: await byApprole()});

    await expect(ctx.connection.control(signal)).rejects.toMatchObject({detail: 'batch-token'});
    await vault.root('POST', 'auth/approle/role/operator', {token_type: 'service'});
  });

  it('wants one way in, and only one', () => {
    const accepts = (given: object) => connection.input.safeParse({address: 'http://localhost:1', ...given}).success;

    expect(accepts({})).toBe(false);
    expect(accepts({token: 'x', login: {jwt: {role: 'x', file: 'x'}}})).toBe(false);
    expect(accepts({login: {}})).toBe(false);
    expect(accepts({login: {jwt: {role: 'x', file: 'x'}, kubernetes: {role: 'x'}}})).toBe(false);
    expect(accepts({login: {kubernetes: {role: 'x'}}})).toBe(true);
  });
});

function signJwt(claims: object): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = encode({alg: 'ES256', typ: 'JWT'});
  const body = encode({...claims, iat: seconds(), exp: seconds() + 300});
  const signature = createSign('sha256').update(`${head}.${body}`).sign({key: privateKey, dsaEncoding: 'ieee-p1363'});
  return `${head}.${body}.${signature.toString('base64url')}`;
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
