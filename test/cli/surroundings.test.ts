import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {readSurroundings} from '../../src/cli/surroundings.ts';

describe('cli/surroundings', () => {
  let folder: string;
  const shared = {stateDir: '.offdrill', color: false};

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'offdrill-vars-'));
  });
  afterEach(() => rm(folder, {recursive: true, force: true}));

  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(path.join(folder, name), text);
    return path.join(folder, name);
  };

  it('lets the last word win and keeps types of files', async () => {
    const vars = [await file('a.yaml', 'vault: http://a\nport: 1\n'), await file('b.yaml', 'port: 2\n')];

    const read = await readSurroundings({...shared, vars, var: ['vault=http://c=d']});

    expect(read).toMatchObject({ok: true, value: {vars: {vault: 'http://c=d', port: 2}, varsGiven: true}});
  });

  it('reads an environment file over the environment', async () => {
    const envFile = await file('lab.env', 'OFFDRILL_TEST_TOKEN="with space"\n# comment\n');

    const read = await readSurroundings({...shared, envFile});

    expect(read.ok && read.value.env.OFFDRILL_TEST_TOKEN).toBe('with space');
    expect(read.ok && read.value.env.PATH).toBe(process.env.PATH);
  });

  it.each([
    ['a list', '- 1\n', 'to hold `name: value` lines'],
    ['broken YAML', 'token: "hvs.secret\n', 'to hold `name: value` lines'],
    ['a nested value', 'a: {b: 1}\n', 'Expected `a` in'],
  ])('refuses %s and quotes nothing of it', async (_what, text, message) => {
    const vars = [await file('vars.yaml', text)];

    const read = await readSurroundings({...shared, vars});

    expect(read).toEqual({ok: false, error: expect.stringContaining(message)});
    expect(JSON.stringify(read)).not.toContain('hvs.secret');
  });

  it('refuses what is not there and what is no pair', async () => {
    const noFile = await readSurroundings({...shared, vars: [path.join(folder, 'none.yaml')]});
    const noPair = await readSurroundings({...shared, var: ['vault']});
    const noEnv = await readSurroundings({...shared, envFile: path.join(folder, 'none.env')});

    expect([noFile.ok, noPair.ok, noEnv.ok]).toEqual([false, false, false]);
  });
});
