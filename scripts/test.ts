import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

/**
 * Lint, types, import rules, unused code, generated files, then every test; all of them, whatever fails. Closes with the
 * counts of the test runner's own report. Arguments go to vitest, and then only the tests run.
 */
const checks = [
  ['lint', 'biome', ['check', '--error-on-warnings', '.']],
  ['types', 'tsc', ['--noEmit']],
  ['import rules', 'depcruise', ['--config', '.dependency-cruiser.mjs', 'src', 'lab', 'test', 'scripts']],
  ['unused code', 'knip', []],
  ['generated files', process.execPath, ['scripts/generate.ts', '--check']],
] as const;

const selection = process.argv.slice(2);
const failed: string[] = [];
for (const [name, command, args] of selection.length === 0 ? checks : []) {
  process.stderr.write(`\n${name}\n`);
  if (spawnSync(command, args, {stdio: 'inherit'}).status !== 0) failed.push(name);
}

// The end-to-end tests watch the clock as a drill does, so nothing else runs beside them.
const together = ['--project', 'unit', '--project', 'contract', '--project', 'integration'];
const runs = selection.length > 0 ? [selection] : [together, ['--project', 'e2e']];

const folder = mkdtempSync(path.join(tmpdir(), 'offdrill-test-'));
const counts = {passed: 0, failed: 0, skipped: 0};
for (const [index, args] of runs.entries()) {
  const reportFile = path.join(folder, `report-${index}.json`);
  const vitest = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`, ...args];
  if (spawnSync('vitest', vitest, {stdio: 'inherit'}).status !== 0) failed.push(`tests (${args.join(' ')})`);
  addCounts(reportFile);
}
rmSync(folder, {recursive: true, force: true});
if (failed.length > 0) process.stdout.write(`\nfailed: ${failed.join(', ')}\n`);
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
process.exitCode = failed.length > 0 || counts.passed === 0 ? 1 : 0;

/** A run that left no report has failed by its exit code. */
function addCounts(reportFile: string): void {
  if (!existsSync(reportFile)) return;
  const report = JSON.parse(readFileSync(reportFile, 'utf8'));
  counts.passed += Number(report.numPassedTests);
  counts.failed += Number(report.numFailedTests);
  counts.skipped += Number(report.numPendingTests) + Number(report.numTodoTests);
}
