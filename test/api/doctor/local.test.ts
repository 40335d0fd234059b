import {chmod, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {examineCommands} from '../../../src/api/doctor/examine-commands.ts';
import {examineDeliveries} from '../../../src/api/doctor/examine-deliveries.ts';
import {examineSecrets} from '../../../src/api/doctor/examine-secrets.ts';
import {planFlagship} from './flagship.ts';

describe('api/doctor on this machine', () => {
  let base: string;
  let secretFile: string;

  beforeEach(async () => {
    base = await mkdtemp(path.join(tmpdir(), 'offdrill-doctor-'));
    secretFile = path.join(base, '.lab', 'orders-mcp', 'secret-id');
    await mkdir(path.dirname(secretFile), {recursive: true});
    await writeFile(secretFile, 'a-secret-id', {mode: 0o600});
  });
  afterEach(() => rm(base, {recursive: true, force: true}));

  const secretFindings = async () => {
    const known: string[] = [];
    const env = {OFFDRILL_VAULT_TOKEN: 'a-token', OFFDRILL_DB_ADMIN_PASSWORD: 'short'};
    const examined = await examineSecrets(await planFlagship(base), {
      env,
      redactor: {add: (secret) => known.push(secret)},
    });
    return {...examined, known};
  };

  it('reads each secret that is there', async () => {
    const {secrets, findings, known} = await secretFindings();

    expect([...secrets]).toEqual([
      ['vault-token', 'a-token'],
      ['secret-id', 'a-secret-id'],
    ]);
    expect(known).toEqual(['a-token', 'a-secret-id']);
    expect(findings.map(({state, subject}) => [state, subject])).toEqual([
      ['ok', 'vault-token'],
      ['fail', 'db-admin'],
      ['ok', 'secret-id'],
    ]);
  });

  it.each([0o644, 0o640, 0o606])('warns of a secret file of mode %o', async (mode) => {
    await chmod(secretFile, mode);

    const {findings} = await secretFindings();

    expect(findings[2]).toMatchObject({state: 'warn', mend: "chmod 0600 '.lab/orders-mcp/secret-id'"});
    expect(findings[2]?.message).toContain(`0${mode.toString(8)}`);
  });

  it('finds programs as the drill would start them', async () => {
    const program = path.join(base, 'node');
    await writeFile(program, '#!/bin/sh\n', {mode: 0o644});
    const plan = await planFlagship(base);
    const look = () => examineCommands(plan, {PATH: `/no-such-folder${path.delimiter}${base}`});

    expect(await look()).toMatchObject([{state: 'fail', subject: 'node'}]);
    await chmod(program, 0o755);
    expect(await look()).toMatchObject([{state: 'ok', message: program}]);
  });

  it('takes no folder for a program', async () => {
    await mkdir(path.join(base, 'node'));

    expect(await examineCommands(await planFlagship(base), {PATH: base})).toMatchObject([{state: 'fail'}]);
  });

  it('looks into the folder that is delivered to', async () => {
    const plan = await planFlagship(base);

    const before = await examineDeliveries(plan);
    await rm(path.dirname(secretFile), {recursive: true});
    const without = await examineDeliveries(plan);
    await writeFile(path.dirname(secretFile), '');
    const aFile = await examineDeliveries(plan);

    expect(before).toMatchObject([{state: 'ok', subject: '.lab/orders-mcp/secret-id'}]);
    expect(without).toMatchObject([{state: 'fail', message: expect.stringContaining('no such folder')}]);
    expect(aFile).toMatchObject([{state: 'fail', message: expect.stringContaining('it is no folder')}]);
  });
});
