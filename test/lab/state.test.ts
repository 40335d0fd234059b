import {mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {type AwsState, addressesOf, awsAddressesOf, type LabState, readState, writeState} from '../../lab/state.ts';

const ports = {vault: 1, postgres: 2, 'orders-mcp': 3, checkout: 4, assistant: 5};

describe('lab/state', () => {
  let home: string;
  let state: LabState;
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'offdrill-state-'));
    state = {
      data: path.join(home, 'data'),
      ports,
      variant: 'dynamic',
      processes: {postgres: {pid: 7, startedAt: '99'}},
    };
    await mkdir(state.data);
    await symlink(state.data, path.join(home, '.lab'));
  });
  afterEach(() => rm(home, {recursive: true, force: true}));

  it('reads through the link of the home what was written', async () => {
    writeState(state);

    expect(await readState(home)).toEqual(state);
  });

  it('replaces the file whole, and keeps it to its owner', async () => {
    writeState(state);
    writeState({...state, processes: {}});

    expect(await readState(home)).toEqual({...state, processes: {}});
    expect(await readdir(state.data)).toEqual(['state.json']);
    expect((await stat(path.join(state.data, 'state.json'))).mode & 0o777).toBe(0o600);
  });

  it('finds no lab where there is none, or a link to none', async () => {
    expect(await readState(home)).toBeUndefined();
    expect(await readState(path.join(home, 'nowhere'))).toBeUndefined();

    await rm(state.data, {recursive: true});

    expect(await readState(home)).toBeUndefined();
  });

  it('refuses a state that a lab did not write', async () => {
    await writeFile(path.join(state.data, 'state.json'), '{"data": "/"}');

    await expect(readState(home)).rejects.toThrow('ports');
  });

  it('tells a lab that stands in for AWS from the others', async () => {
    const aws: AwsState = {
      data: state.data,
      ports: {aws: 1, 'billing-api': 2, 'billing-mcp': 3, reporting: 4},
      variant: 'aws',
      processes: {},
    };
    writeState(aws);

    expect(await readState(home)).toEqual(aws);
    expect(awsAddressesOf(aws)).toEqual({
      aws: 'http://127.0.0.1:1',
      'billing-api': 'http://127.0.0.1:2',
      'billing-mcp': 'http://127.0.0.1:3/mcp',
      reporting: 'http://127.0.0.1:4',
    });
  });

  it('gives every system an address on loopback', () => {
    expect(addressesOf(state)).toEqual({
      vault: 'http://127.0.0.1:1',
      postgres: '127.0.0.1:2',
      'orders-mcp': 'http://127.0.0.1:3/mcp',
      checkout: 'http://127.0.0.1:4',
      assistant: 'http://127.0.0.1:5',
    });
  });
});
