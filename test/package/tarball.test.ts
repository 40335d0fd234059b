import {execFile} from 'node:child_process';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {describe, expect, inject, it} from 'vitest';
import {startDrillLab} from '../helpers/drill-lab.ts';
import {projectFolder, runShell} from '../helpers/run-cli.ts';

const run = promisify(execFile);
const installed = inject('installed');
const packageFolder = path.join(installed, 'node_modules', 'offdrill');
const drill = path.join(projectFolder, 'drills', 'orders-mcp.yaml');
const offdrill = (args: string) => runShell(`./node_modules/.bin/offdrill ${args}`, {cwd: installed});

describe('the packed package', () => {
  it('holds what runs, its types and its schemas, and nothing else', async () => {
    const {stdout} = await run('tar', ['-tzf', inject('tarball')]);
    const files = stdout.trim().split('\n');

    const rest = files.filter((file) => !/^package\/dist\/.+\.js$|^package\/dist\/.+\.d\.ts$/.test(file));
    expect(rest.sort()).toEqual([
      'package/CHANGELOG.md',
      'package/LICENSE',
      'package/README.md',
      'package/dist/bin/LICENSES.txt',
      'package/dist/sbom.cdx.json',
      'package/docs/result.schema.json',
      'package/drill.schema.json',
      'package/package.json',
    ]);
    expect(files.filter((file) => /(^|\/)(lab|test|bench|scripts)\//.test(file))).toEqual([]);
  });

  it('holds no path of the machine that built it', async () => {
    const found = await runShell(`grep -rlF '${projectFolder}' .`, {cwd: packageFolder});

    expect(found).toMatchObject({exitCode: 1, stdout: '', stderr: ''});
  });

  it('brings its production dependencies, each as the lock says, and no other', async () => {
    expect(await packagesOf(path.join(installed, 'node_modules', '.package-lock.json'))).toEqual(
      await lockedPackages(),
    );
  });

  it('lists just these in its bill of materials', async () => {
    const bill = JSON.parse(await readFile(path.join(packageFolder, 'dist', 'sbom.cdx.json'), 'utf8'));
    const components: readonly {name: string; version: string}[] = bill.components;

    expect(bill.bomFormat).toBe('CycloneDX');
    expect(components.map(({name, version}) => `${name}@${version}`).sort()).toEqual(await lockedPackages());
  });

  it.each([
    ['publint', ['--strict']],
    ['attw', ['--profile', 'esm-only']],
  ])('is found whole by %s', async (program, args) => {
    const {exitCode, stdout, stderr} = await runShell(`${program} '${inject('tarball')}' ${args.join(' ')}`);

    expect({exitCode, said: exitCode === 0 ? '' : stdout + stderr}).toEqual({exitCode: 0, said: ''});
  });

  it('tells its version', async () => {
    const {version} = JSON.parse(await readFile(path.join(projectFolder, 'package.json'), 'utf8'));

    expect(await offdrill('--version')).toEqual({exitCode: 0, stdout: `${version}\n`, stderr: ''});
  });

  it('validates and plans a drill', async () => {
    const vars = Object.entries({vault: 'http://h:1', postgres: 'h:2', checkout: 'http://h:3', assistant: 'http://h:4'})
      .map(([name, value]) => `--var ${name}=${value}`)
      .join(' ');

    const validated = await offdrill(`validate '${drill}'`);
    const planned = await offdrill(`plan '${drill}' ${vars} --var orders-mcp=http://h:5/mcp`);

    expect(validated).toMatchObject({exitCode: 0, stderr: ''});
    expect(planned).toMatchObject({exitCode: 0, stdout: expect.stringContaining('vault/revoke-leases')});
  });

  it('prints the committed schema, and all drivers', async () => {
    const schema = await readFile(path.join(projectFolder, 'drill.schema.json'), 'utf8');

    expect((await offdrill('schema')).stdout).toBe(schema);
    expect((await offdrill('drivers')).stdout).toMatch(/command[\s\S]+http[\s\S]+mcp[\s\S]+postgres[\s\S]+vault/);
  });

  it('runs a drill', async () => {
    const drills = await startDrillLab({program: path.join(packageFolder, 'dist', 'bin', 'offdrill.js')});
    try {
      const {exitCode, result, stderr} = await drills.run('orders-mcp.yaml');

      expect(exitCode, stderr).toBe(0);
      expect(result?.verdict).toBe('pass');
    } finally {
      await drills.down();
    }
  });

  it('is a library too, with types that hold by themselves', async () => {
    const program = path.join(installed, 'consumer.ts');
    await writeFile(program, consumer);
    await writeFile(path.join(installed, 'tsconfig.json'), JSON.stringify({compilerOptions, files: ['consumer.ts']}));

    const checked = await runShell(`tsc -p '${installed}'`);
    const ran = await runShell(`'${process.execPath}' consumer.ts '${drill}'`, {cwd: installed});

    expect(checked).toMatchObject({exitCode: 0, stdout: ''});
    expect(ran).toMatchObject({exitCode: 0, stdout: 'unknown-reference\n'});
  });
});

/** A program of somebody else's, checked with nothing skipped. */
const consumer = `import {planDrill, type Problems, type Result} from 'offdrill';

const [file = ''] = process.argv.slice(2);
const planned: Result<object, Problems> = await planDrill({file, vars: {}, env: {}});
console.log(planned.ok ? 'planned' : planned.error.diagnostics[0]?.code);
`;
const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  module: 'nodenext',
  target: 'es2024',
  types: ['node'],
  typeRoots: [path.join(projectFolder, 'node_modules', '@types')],
  noEmit: true,
};

async function packagesOf(lockFile: string): Promise<readonly string[]> {
  const {packages} = JSON.parse(await readFile(lockFile, 'utf8'));
  return Object.entries<{version?: string; dev?: boolean; devOptional?: boolean}>(packages)
    .filter(([where, {dev, devOptional}]) => where !== '' && dev !== true && devOptional !== true)
    .map(([where, {version}]) => `${where.split('node_modules/').at(-1)}@${version}`)
    .filter((name) => !name.startsWith('offdrill@'))
    .sort();
}

function lockedPackages(): Promise<readonly string[]> {
  return packagesOf(path.join(projectFolder, 'package-lock.json'));
}
