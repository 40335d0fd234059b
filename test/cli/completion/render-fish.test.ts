import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {renderFish} from '../../../src/cli/completion/render-fish.ts';
import {createTempFolder, type TempFolder} from '../../helpers/temp-folder.ts';
import {createPlace, isInstalled, ownProgram, run} from './in-shell.ts';

describe('cli/completion/render-fish', () => {
  let folder: TempFolder;
  let bin: string;
  beforeAll(async () => {
    folder = await createTempFolder();
    bin = (await createPlace(folder.path)).bin;
    await writeFile(path.join(folder.path, 'offdrill.fish'), renderFish(ownProgram()));
  });
  afterAll(() => folder.remove());
  beforeEach(({skip}) => skip(!isInstalled('fish'), 'fish is not installed here'));

  /** What fish offers for a line, without the descriptions. */
  async function complete(line: string): Promise<string[]> {
    const ask = `source offdrill.fish; complete -C '${line}'`;
    const {stdout} = await run('fish', ['--no-config', '-c', ask], {
      cwd: folder.path,
      env: {PATH: `${bin}:${process.env.PATH}`, HOME: folder.path},
    });
    return stdout.split('\n').flatMap((each) => (each === '' ? [] : [each.split('\t')[0] ?? '']));
  }

  it('is syntax that fish reads', async () => {
    const checked = run('fish', ['--no-execute', path.join(folder.path, 'offdrill.fish')]);

    await expect(checked).resolves.toMatchObject({stderr: ''});
  });

  it('completes commands, but none that is hidden', async () => {
    const commands = await complete('offdrill ');

    expect(commands).toEqual(expect.arrayContaining(['validate', 'run', 'completion']));
    expect(commands).not.toContain('__complete');
    expect(await complete('offdrill re')).toEqual(['report', 'restore', 'resume']);
  });

  it('completes options and their choices', async () => {
    expect(await complete('offdrill report --fo')).toEqual(['--format']);
    expect((await complete('offdrill report -f ')).toSorted()).toEqual(['json', 'junit', 'text']);
    expect((await complete('offdrill --state-dir state report --format ')).toSorted()).toEqual([
      'json',
      'junit',
      'text',
    ]);
    expect((await complete('offdrill completion ')).toSorted()).toEqual(['bash', 'fish', 'zsh']);
  });

  it('completes files where a file is wanted, and only there', async () => {
    expect(await complete('offdrill run my')).toEqual(['my drill.yaml']);
    expect(await complete('offdrill list my')).toEqual([]);
    expect(await complete('offdrill run --max-duration my')).toEqual([]);
    expect(await complete('offdrill list --vars my')).toEqual(['my drill.yaml']);
  });

  it('completes the runs of the state folder', async () => {
    const runs = ['20261123T061056Z-orders-mcp-4jpb', '20261124T000000Z-crm-abcd'];

    expect((await complete('offdrill --state-dir state report 2026')).toSorted()).toEqual(runs);
  });
});
