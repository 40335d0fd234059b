import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, describe, expect, inject, it} from 'vitest';
import {runShell} from '../helpers/run-cli.ts';
import {vaultDrill} from './vault-drill.ts';

const installed = inject('installed');
const program = path.join(installed, 'node_modules', 'offdrill', 'dist', 'bin', 'offdrill.js');

describe('what a start-up loads', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(installed, 'start-up-'));
    await writeFile(path.join(folder, 'vault.yaml'), vaultDrill);
    await writeFile(path.join(folder, 'both.yaml'), bothDrill);
    await writeFile(path.join(folder, 'record.mjs'), recordLoads);
  });
  afterAll(() => rm(folder, {recursive: true, force: true}));

  it.each(['--version', '--help', 'run --help'])('is the command line alone for %s', async (args) => {
    const loaded = await loadedBy(args);

    expect(loaded).toEqual({exitCode: 0, stderr: '', packages: ['commander'], drivers: [], folders: ['cli', 'util']});
  });

  it('is one driver for a drill of one', async () => {
    const loaded = await loadedBy('validate vault.yaml');

    expect(loaded).toMatchObject({exitCode: 0, packages: ['commander', 'yaml', 'zod'], drivers: ['vault']});
  });

  it('is two drivers for a drill of two', async () => {
    const loaded = await loadedBy('validate both.yaml');

    expect(loaded).toMatchObject({
      exitCode: 0,
      packages: ['commander', 'yaml', 'zod'],
      drivers: ['postgres', 'vault'],
    });
  });

  it('is no SDK where all drivers are described', async () => {
    const loaded = await loadedBy('drivers');

    expect(loaded).toMatchObject({
      exitCode: 0,
      drivers: ['aws', 'command', 'http', 'manual', 'mcp', 'postgres', 'vault'],
    });
    expect(loaded.packages.filter(isSdk)).toEqual([]);
  });

  it('is the SDK of what is called', async () => {
    const doctor = await loadedBy('doctor vault.yaml --var vault=http://127.0.0.1:9', {TOKEN: 'nothing-real'});

    expect(doctor.packages.filter(isSdk)).toEqual(['node-vault']);
  });

  it('needs no place to keep what it compiled', async () => {
    const file = path.join(folder, 'vault.yaml');

    const ran = await runShell(`'${process.execPath}' '${program}' validate vault.yaml`, {
      cwd: folder,
      env: {XDG_CACHE_HOME: file},
    });

    expect(ran).toEqual({exitCode: 0, stdout: 'vault.yaml: valid\n', stderr: expect.any(String)});
  });

  async function loadedBy(args: string, env: Readonly<Record<string, string>> = {}) {
    const loads = path.join(folder, 'loads');
    const record = path.join(folder, 'record.mjs');
    const {exitCode, stderr} = await runShell(`'${process.execPath}' --import '${record}' '${program}' ${args}`, {
      cwd: folder,
      env: {...env, LOADS: loads, XDG_CACHE_HOME: path.join(folder, 'cache')},
    });
    const urls = (await readFile(loads, 'utf8')).split('\n').filter((url) => url.startsWith('file:'));
    const modules = (await Promise.all(urls.map((url) => modulesIn(fileURLToPath(url))))).flat();
    return {
      exitCode,
      stderr,
      packages: named(modules, /^node_modules\/((?:@[^/]+\/)?[^/]+)/),
      drivers: named(modules, /^src\/drivers\/([^/]+)\//),
      folders: named(modules, /^src\/([^/]+)\//),
    };
  }
});

function isSdk(name: string): boolean {
  return ['execa', 'node-vault', 'p-retry', 'pg'].includes(name) || /^@(?:aws-sdk|smithy)\//.test(name);
}

/** The modules in a file of the package: those that the bundler says it put there; of another package, the file itself. */
async function modulesIn(file: string): Promise<readonly string[]> {
  const inPackages = path.relative(path.join(installed, 'node_modules'), file);
  if (!inPackages.startsWith(`offdrill${path.sep}`)) return [`node_modules/${inPackages}`];
  const text = await readFile(file, 'utf8');
  return [...text.matchAll(/^\/\/ ((?:src|node_modules)\/\S+)$/gm)].map(([, module = '']) => module);
}

function named(modules: readonly string[], pattern: RegExp): readonly string[] {
  return [...new Set(modules.flatMap((module) => pattern.exec(module)?.[1] ?? []))].sort();
}

/** Writes down what Node loads, by `import` and `require` alike. */
const recordLoads = `
import {writeFileSync} from 'node:fs';
import {registerHooks} from 'node:module';

const urls = [];
registerHooks({
  load(url, context, next) {
    urls.push(url);
    return next(url, context);
  },
});
process.on('exit', () => writeFileSync(process.env.LOADS, urls.join('\\n')));
`;

const shop = `  shop: {driver: postgres, address: "127.0.0.1:9", database: shop, user: admin, password: "\${{ secrets.admin }}"}`;
const backends = '  backends: {uses: postgres/sessions, on: shop, with: {member-of: users}}';
const backendsAlive = `  backends:
    {uses: postgres/sessions-alive, on: shop, with: {sessions: "\${{ capture.backends }}"}, denied-within: 10s}`;
const bothDrill = vaultDrill
  .replace('allow: [', 'allow: [{postgres: "127.0.0.1:9/shop", cluster: staging}, ')
  .replace('secrets: {', 'secrets: {admin: {env: ADMIN}, ')
  .replace('\ncapture:', `\n${shop}\ncapture:\n${backends}`)
  .replace('\naccess:', `\naccess:\n${backendsAlive}`);
