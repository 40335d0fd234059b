import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {renderZsh} from '../../../src/cli/completion/render-zsh.ts';
import {createTempFolder} from '../../helpers/temp-folder.ts';
import {isInstalled, ownProgram, run} from './in-shell.ts';

describe('cli/completion/render-zsh', () => {
  const script = renderZsh(ownProgram());

  it('is syntax that zsh reads', async ({skip}) => {
    skip(!isInstalled('zsh'), 'zsh is not installed here');
    const folder = await createTempFolder();
    const file = path.join(folder.path, '_offdrill');
    await writeFile(file, script);

    const checked = run('zsh', ['-n', file]);

    await expect(checked).resolves.toMatchObject({stderr: ''});
    await folder.remove();
  });

  it('begins as a completion in the fpath does', () => {
    expect(script).toMatch(/^#compdef offdrill\n/);
  });

  it('names each option once, with its choices', () => {
    expect(script).toContain("'(-f --format)'{-f+,--format=}'[text for people, json for scripts");
    expect(script).toContain(':value:(text json junit)');
    expect(script).toMatch(/'\*--vars=\[[^\]]+\]:value:_files'/);
    expect(script).toContain("the drill file'\\''s folder");
  });

  it('asks for runs, and offers no hidden command', () => {
    expect(script).toContain("'1:run:_offdrill_runs'");
    expect(script).not.toMatch(/^ {4}(__complete\)|'__complete:)/m);
  });
});
