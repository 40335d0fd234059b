import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {chooseSystems, type Systems} from './systems.ts';

/**
 * Lint, types, import rules, unused code, generated files, then every test; all of them, whatever fails. Closes with the
 * systems that the tests ran against, what failed, and the counts of the test runner's own report. Arguments go to vitest, and then
 * only the tests run.
 */
const checks = [
  ['lint', 'biome', ['check', '--error-on-warnings', '.']],
  ['types', 'tsc', ['--noEmit']],
  ['import rules', 'depcruise', ['--config', '.dependency-cruiser.mjs', 'src', 'lab', 'test', 'scripts', 'bench']],
  ['unused code', 'knip', []],
  ['generated files', process.execPath, ['scripts/generate.ts', '--check']],
] as const;

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const selection = process.argv.slice(2);
const failed: string[] = [];
for (const [name, command, args] of selection.length === 0 ? checks : []) {
  say(`\n${name}`);
  if (spawnSync(command, args, {stdio: 'inherit'}).status !== 0) failed.push(name);
}

const systems = chooseSystems(process.env, say);
failed.push(...systems.problems);
const folder = mkdtempSync(path.join(tmpdir(), 'offdrill-test-'));
const counts = {passed: 0, failed: 0, skipped: 0};
const failures: string[] = [];
for (const [index, {name, args, env}] of runsOn(systems, selection).entries()) {
  say(`\ntests: ${name}`);
  const reportFile = path.join(folder, `report-${index}.json`);
  const vitest = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`, ...args];
  const ended = spawnSync('vitest', vitest, {stdio: 'inherit', env: {...process.env, ...systems.env, ...env}});
  if (ended.status !== 0) failed.push(`tests: ${name}`);
  addCounts(reportFile);
}
rmSync(folder, {recursive: true, force: true});
process.stdout.write(`\n${systems.report.join('\n')}\n`);
if (failures.length > 0) process.stdout.write(`\n${failures.join('\n')}\n`);
if (failed.length > 0) process.stdout.write(`\nfailed: ${failed.join(', ')}\n`);
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
process.exitCode = failed.length > 0 || counts.passed === 0 ? 1 : 0;

type TestRun = {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

function runsOn({vaultImage, hasContainers}: Systems, given: readonly string[]): readonly TestRun[] {
  if (given.length > 0) return [{name: given.join(' '), args: given}];
  // They wait for servers and processes as much as they work, so that more of them run than there are cores.
  const waiting = '--maxWorkers=4';
  const containers = hasContainers ? ['--project', 'containers'] : [];
  return [
    {
      name: `unit, contract, fuzz, package${hasContainers ? ', containers' : ''}`,
      args: [...['unit', 'contract', 'fuzz', 'package'].flatMap((name) => ['--project', name]), ...containers, waiting],
    },
    {name: 'integration', args: ['--project', 'integration', waiting]},
    ...(vaultImage === undefined
      ? []
      : [
          {
            name: 'the Vault driver on HashiCorp Vault',
            args: ['--project', 'integration', waiting, 'test/drivers/vault'],
            env: {OFFDRILL_TEST_VAULT: vaultImage},
          },
        ]),
    {name: 'end to end, reliability', args: ['--project', 'e2e', '--project', 'reliability', waiting]},
  ];
}

/** A run that left no report has failed by its exit code. */
function addCounts(reportFile: string): void {
  if (!existsSync(reportFile)) return;
  const report = JSON.parse(readFileSync(reportFile, 'utf8'));
  counts.passed += Number(report.numPassedTests);
  counts.failed += Number(report.numFailedTests);
  counts.skipped += Number(report.numPendingTests) + Number(report.numTodoTests);
  for (const file of report.testResults) {
    const where = path.relative(process.cwd(), file.name);
    const cases = file.assertionResults.filter((one: {status: string}) => one.status === 'failed');
    // A file that could not be loaded has no tests.
    if (cases.length === 0 && file.status === 'failed') failures.push(`${where}: ${firstLine(file.message)}`);
    for (const {fullName, failureMessages} of cases)
      failures.push(`${where} > ${fullName}: ${firstLine(failureMessages[0])}`);
  }
}

function firstLine(message: string | undefined): string {
  return message?.split('\n', 1)[0] ?? '';
}
