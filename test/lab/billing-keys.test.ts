import {mkdtemp, readdir, readFile, rm, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {acceptedKeys, digestOf, issueBillingKey, nextKeyFile, revokeBillingKey} from '../../lab/billing-keys.ts';

describe('lab/billing-keys', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'offdrill-keys-'));
  });
  afterEach(() => rm(folder, {recursive: true, force: true}));

  it('delivers a new key to its owner alone, and has no other accepted', async () => {
    await issueBillingKey(folder);
    const key = await issueBillingKey(folder);

    expect(await readFile(path.join(folder, nextKeyFile), 'utf8')).toBe(key);
    expect((await stat(path.join(folder, nextKeyFile))).mode & 0o777).toBe(0o600);
    expect(await acceptedKeys(folder)).toEqual([digestOf(key)]);
    expect(await readdir(folder)).toEqual(['accepted', nextKeyFile]);
  });

  it('has every key refused once it is revoked', async () => {
    await issueBillingKey(folder);

    await revokeBillingKey(folder);
    await revokeBillingKey(folder);

    expect(await acceptedKeys(folder)).toEqual([]);
  });
});
