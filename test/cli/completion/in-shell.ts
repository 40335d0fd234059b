import {execFile, spawnSync} from 'node:child_process';
import {chmod, mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {describeProgram} from '../../../src/cli/completion/describe-program.ts';
import {createProgram} from '../../../src/cli/program.ts';
import {projectFolder} from '../../helpers/run-cli.ts';

export const run = promisify(execFile);

/** The project's own command line, as its completion scripts are made of it. */
export const ownProgram = () => describeProgram(createProgram(() => undefined));

export const isInstalled = (shell: string): boolean => spawnSync(shell, ['--version']).error === undefined;

/** A folder with the command `offdrill` in it, a drill file, and a state folder of two runs, one of them with an evil name. */
export async function createPlace(folder: string): Promise<{readonly bin: string; readonly stateDir: string}> {
  const bin = path.join(folder, 'bin');
  const stateDir = path.join(folder, 'state');
  for (const name of ['20261123T061056Z-orders-mcp-4jpb', '20261124T000000Z-crm-abcd', '$(touch evil)']) {
    await mkdir(path.join(stateDir, 'runs', name), {recursive: true});
  }
  await mkdir(bin);
  await writeFile(path.join(folder, 'my drill.yaml'), '');
  const command = path.join(bin, 'offdrill');
  await writeFile(command, `#!/bin/sh\nexec '${process.execPath}' '${projectFolder}src/cli/main.ts' "$@"\n`);
  await chmod(command, 0o755);
  return {bin, stateDir};
}
