import {mkdir, mkdtemp, rm} from 'node:fs/promises';
import path from 'node:path';
import type {TestProject} from 'vitest/node';
import {findMoto} from '../../lab/find-moto.ts';
import {bundle} from '../../scripts/bundle.ts';

const project = path.resolve(import.meta.dirname, '..', '..');

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder with `offdrill.js`, `killable.js` and `fake-run.js`. */
    programs: string;
  }
}

const folders: string[] = [];

/**
 * What the tests start hundreds of times, bundled as it is in the package, and compiled once. From the sources each start
 * would open, strip and compile hundreds of files.
 */
export async function setup({provide}: TestProject): Promise<void> {
  // Fetched once, before tests that need it would do so all at a time.
  await findMoto(process.env, (line) => process.stdout.write(`${line}\n`));
  // As deep as `dist/bin`: the package's own file is found from there.
  const build = path.join(project, 'build');
  await mkdir(build, {recursive: true});
  const folder = await mkdtemp(path.join(build, 'programs-'));
  folders.push(folder);
  await bundle(
    {
      offdrill: path.join(project, 'src/cli/main.ts'),
      killable: path.join(project, 'test/reliability/killable-main.ts'),
      'fake-run': path.join(project, 'test/reliability/fake-run.ts'),
    },
    folder,
  );
  provide('programs', folder);
}

export async function teardown(): Promise<void> {
  for (const folder of folders) await rm(folder, {recursive: true, force: true});
}
