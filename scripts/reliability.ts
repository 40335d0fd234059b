import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import {fillPage} from '../bench/fill-page.ts';

/**
 * The reliability suites as a whole, not the part that CI runs, and their rows in `docs/reliability.md`. An argument is a
 * filter of files for the test runner; only the sections that were run are written.
 */
const filters = process.argv.slice(2);
const folder = mkdtempSync(path.join(tmpdir(), 'offdrill-reliability-'));
const rowsFile = path.join(folder, 'rows.ndjson');
writeFileSync(rowsFile, '');
const env = {
  ...process.env,
  OFFDRILL_RELIABILITY: rowsFile,
  OFFDRILL_RELIABILITY_ALL: '1',
  OFFDRILL_LOCK_STARTS: process.env.OFFDRILL_LOCK_STARTS ?? '1000',
  OFFDRILL_FUZZ_RUNS: process.env.OFFDRILL_FUZZ_RUNS ?? '100000',
};
const locks = ['test/api/locks-at-once', 'test/drivers/vault/run-lock'];
const suites = [
  ['--project', 'reliability', '--project', 'fuzz', '--maxWorkers=3', '--passWithNoTests', ...filters],
  ['--project', 'unit', '--project', 'integration', '--passWithNoTests', ...(filters.length > 0 ? filters : locks)],
];
const failed = suites.filter((args) => spawnSync('vitest', ['run', ...args], {stdio: 'inherit', env}).status !== 0);

const page = new URL('../docs/reliability.md', import.meta.url).pathname;
const rows = readRows(rowsFile);
let text = readFileSync(page, 'utf8');
for (const [section, ofSection] of rows) text = fillPage(text, section, `\n${renderRows(ofSection)}\n`);
writeFileSync(page, text);
rmSync(folder, {recursive: true});
process.stdout.write(`${[...rows.values()].flat().length} rows in docs/reliability.md\n`);
process.exitCode = failed.length === 0 ? 0 : 1;

type Row = Readonly<Record<string, string | number | boolean>>;

function readRows(file: string): ReadonlyMap<string, readonly Row[]> {
  const rowSchema = z.object({section: z.string()}).catchall(z.union([z.string(), z.number(), z.boolean()]));
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  const parsed = lines.map((line) => rowSchema.parse(JSON.parse(line)));
  const bySection = new Map<string, Row[]>();
  for (const {section, ...row} of parsed) bySection.set(section, [...(bySection.get(section) ?? []), row]);
  return bySection;
}

/** A column for each field that any row has, in the order in which they come. */
function renderRows(all: readonly Row[]): string {
  const columns = [...new Set(all.flatMap((row) => Object.keys(row)))];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const sorted = all.toSorted((a, b) => String(a.name).localeCompare(String(b.name)));
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...sorted.map((row) => line(columns.map((column) => String(row[column] ?? '').replaceAll('|', '\\|')))),
  ].join('\n');
}
