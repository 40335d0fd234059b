import {existsSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {Command, Option} from 'commander';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {describeProgram} from '../../../src/cli/completion/describe-program.ts';
import {renderBash} from '../../../src/cli/completion/render-bash.ts';
import {createTempFolder, type TempFolder} from '../../helpers/temp-folder.ts';
import {createPlace, ownProgram, run} from './in-shell.ts';

describe('cli/completion/render-bash', () => {
  let folder: TempFolder;
  let place: Awaited<ReturnType<typeof createPlace>>;
  beforeAll(async () => {
    folder = await createTempFolder();
    place = await createPlace(folder.path);
    await writeFile(path.join(folder.path, 'offdrill.bash'), renderBash(ownProgram()));
  });
  afterAll(() => folder.remove());

  /** What bash offers for the last word, `=` being a word of its own as bash has it. */
  async function complete(words: readonly string[], script = 'offdrill.bash', name = 'offdrill'): Promise<string[]> {
    const ask = `source ./${script}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _${name}; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const {stdout} = await run('bash', ['--norc', '--noprofile', '-c', ask, 'bash', name, ...words], {
      cwd: folder.path,
      env: {PATH: `${place.bin}:${process.env.PATH}`, HOME: folder.path},
    });
    return stdout.split('\n').filter((line) => line !== '');
  }

  it('completes commands, but none that is hidden', async () => {
    const commands = await complete(['']);

    expect(commands).toEqual(expect.arrayContaining(['validate', 'plan', 'run', 'report', 'completion']));
    expect(commands).not.toContain('__complete');
    expect(await complete(['re'])).toEqual(['restore', 'resume', 'report']);
  });

  it('completes the options of a command and of the program', async () => {
    expect(await complete(['report', '--f'])).toEqual(['--format']);
    expect(await complete(['run', '--re'])).toEqual(['--reporter']);
    expect(await complete(['--v'])).toEqual(['--version', '--var', '--vars']);
    expect(await complete(['report', '--until'])).toEqual([]);
  });

  it.each([
    [['report', '-f', '']],
    [['report', '--format', '']],
    [['report', '--format', '=']],
    [['--state-dir', 'state', 'report', '-f', '']],
  ])('completes the choices of an option in %j', async (words) => {
    expect(await complete(words)).toEqual(['text', 'json', 'junit']);
  });

  it('completes what was begun of a choice', async () => {
    expect(await complete(['report', '--format', '=', 'j'])).toEqual(['json', 'junit']);
    expect(await complete(['completion', 'b'])).toEqual(['bash']);
    expect(await complete(['run', 'x.yaml', '--reporter', 'li'])).toEqual(['live', 'line']);
  });

  it.each([[['run', 'my']], [['validate', 'a.yaml', 'my']], [['run', '--vars', 'my']], [['plan', '--json', 'my']]])(
    'completes files in %j',
    async (words) => {
      expect(await complete(words)).toEqual(['my drill.yaml']);
    },
  );

  it('takes no name of a file for a pattern', async () => {
    await writeFile(path.join(folder.path, '[a-z]*'), '');

    expect(await complete(['run', '['])).toEqual(['[a-z]*']);
  });

  it('completes folders, and no files, where a folder is wanted', async () => {
    expect(await complete(['list', '--state-dir', ''])).toEqual(expect.arrayContaining(['state', 'bin']));
    expect(await complete(['list', '--state-dir', 'my'])).toEqual([]);
  });

  it('completes the runs of the state folder, on whichever side it was named', async () => {
    const runs = ['20261124T000000Z-crm-abcd', '20261123T061056Z-orders-mcp-4jpb'];

    expect(await complete(['--state-dir', 'state', 'report', ''])).toEqual(runs);
    expect(await complete(['report', '--state-dir', '=', 'state', '20261123'])).toEqual(runs.slice(1));
    expect(await complete(['report', '--state-dir', '~/state', '20261123'])).toEqual(runs.slice(1));
    expect(await complete(['report', ''])).toEqual([]);
  });

  it('obeys nothing that a folder is called', async () => {
    const offered = await complete(['--state-dir', 'state', 'report', '']);

    expect(offered.join()).not.toContain('touch');
    expect(existsSync(path.join(folder.path, 'evil'))).toBe(false);
  });

  it('offers nothing behind what takes one word only', async () => {
    expect(await complete(['run', 'a.yaml', 'my'])).toEqual([]);
    expect(await complete(['report', 'some-run', '--state-dir', 'state', ''])).toEqual([]);
  });

  it('completes whatever is added to a program', async () => {
    const program = new Command('other');
    program
      .command('grow')
      .argument('[files...]')
      .addOption(new Option('--how <way>').choices(['up', 'down']));
    await writeFile(path.join(folder.path, 'other.bash'), renderBash(describeProgram(program)));

    expect(await complete(['g'], 'other.bash', 'other')).toEqual(['grow']);
    expect(await complete(['grow', '--how', ''], 'other.bash', 'other')).toEqual(['up', 'down']);
    expect(await complete(['grow', 'x', 'my'], 'other.bash', 'other')).toEqual(['my drill.yaml']);
  });
});
