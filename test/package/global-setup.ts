import {execFile} from 'node:child_process';
import {mkdtemp, readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import type {TestProject} from 'vitest/node';

const run = promisify(execFile);
const project = path.resolve(import.meta.dirname, '..', '..');

declare module 'vitest' {
  interface ProvidedContext {
    /** The packed package. */
    tarball: string;
    /** An otherwise empty folder that it is installed in. */
    installed: string;
  }
}

let folder: string;

/** Builds, packs and installs the package once for all tests of it. */
export async function setup({provide}: TestProject): Promise<void> {
  folder = await mkdtemp(path.join(tmpdir(), 'offdrill-package-'));
  await run('npm', ['run', 'build'], {cwd: project});
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {cwd: project});
  const [name = ''] = (await readdir(folder)).filter((file) => file.endsWith('.tgz'));
  const tarball = path.join(folder, name);
  await writeFile(path.join(folder, 'package.json'), '{"name": "consumer", "private": true, "type": "module"}\n');
  const quietly = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  await run('npm', ['install', '--omit=dev', ...quietly, tarball], {cwd: folder});
  provide('tarball', tarball);
  provide('installed', folder);
}

export async function teardown(): Promise<void> {
  await rm(folder, {recursive: true, force: true});
}
