import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {bundle} from './bundle.ts';

/**
 * Builds `dist` anew: the library as it is written, with its types, and the command line in few files, since a start-up
 * spends most of its time in opening hundreds. SDKs stay packages of their own, loaded when a call needs one.
 */
const root = path.resolve(import.meta.dirname, '..');
const dist = path.join(root, 'dist');

rmSync(dist, {recursive: true, force: true});
const {status} = spawnSync('tsc', ['-p', 'tsconfig.build.json'], {cwd: root, stdio: 'inherit'});
if (status !== 0) throw new Error('Expected the types to hold.');

const bin = path.join(dist, 'bin');
const modules = await bundle({offdrill: path.join(root, 'src', 'cli', 'offdrill.ts')}, bin);
writeFileSync(path.join(bin, 'LICENSES.txt'), licencesOf(modules));
writeFileSync(path.join(dist, 'sbom.cdx.json'), billOfMaterials());

/** Of a lock without what is for development alone: npm's own omission also drops what is needed by both. */
function billOfMaterials(): string {
  const temp = mkdtempSync(path.join(tmpdir(), 'offdrill-sbom-'));
  // Its name stands in the bill.
  const folder = path.join(temp, 'offdrill');
  mkdirSync(folder);
  try {
    const {devDependencies: _, ...manifest} = readJson('package.json');
    const lock = readJson('package-lock.json');
    const needed = Object.entries<Record<string, unknown>>(lock.packages).filter(
      ([, {dev, devOptional}]) => dev !== true && devOptional !== true,
    );
    const {devDependencies: __, ...own} = lock.packages[''];
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
    const packages = {...Object.fromEntries(needed), '': own};
    writeFileSync(path.join(folder, 'package-lock.json'), JSON.stringify({...lock, packages}));
    const args = ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only'];
    const bill = spawnSync('npm', args, {cwd: folder, encoding: 'utf8'});
    if (bill.status !== 0) throw new Error(`Expected npm to list what is needed: ${bill.stderr}`);
    // Two builds of one thing are alike.
    const {serialNumber: ___, metadata, ...rest} = JSON.parse(bill.stdout);
    const {timestamp: ____, ...about} = metadata;
    return `${JSON.stringify({...rest, metadata: about}, null, 2)}\n`;
  } finally {
    rmSync(temp, {recursive: true, force: true});
  }
}

function readJson(file: string) {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8'));
}

/** What is bundled keeps its authors' words. */
function licencesOf(files: readonly string[]): string {
  const names = new Set(files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []));
  const sorted = [...names].sort();
  const texts = sorted.map((name) => {
    // Some come without the text of the licence that they name: that of the same authors' others is the same.
    const kin = sorted.filter(
      (other) => scopeOf(other) !== undefined && scopeOf(other) === scopeOf(name) && kindOf(other) === kindOf(name),
    );
    const text = [name, ...kin].map(licenceOf).find((found) => found !== undefined);
    if (text === undefined) throw new Error(`Expected a licence in ${name}.`);
    return `${name}\n\n${text}\n`;
  });
  return texts.join('\n\n');
}

function scopeOf(name: string): string | undefined {
  return /^@[^/]+/.exec(name)?.[0];
}

function kindOf(name: string): unknown {
  return readJson(path.join('node_modules', name, 'package.json')).license;
}

function licenceOf(name: string): string | undefined {
  const folder = path.join(root, 'node_modules', name);
  const licence = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  return licence === undefined ? undefined : readFileSync(path.join(folder, licence), 'utf8').trim();
}
