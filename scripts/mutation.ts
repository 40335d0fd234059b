import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import {fillPage} from '../bench/fill-page.ts';
import {type Explained, loadExplained, matchSurvivors, nameChange, type Survivor} from './mutation-survivors.ts';

/**
 * Changes the code that records, judges and brings back, one small thing at a time, and sees whether a test notices. An
 * argument names one part, further ones files of it. `docs/mutation.md` gets the score of each file of the parts that were
 * run whole, and each change that went unnoticed with its reason from `test/mutation-survivors.yaml`. One that has no reason
 * there, and a reason that is not needed, are printed, and the command ends with 1.
 */
const parts = {
  journal: {mutate: ['src/journal/**/*.ts'], tests: ['journal']},
  redact: {
    mutate: ['src/redact/**/*.ts', 'src/util/sanitize.ts', 'src/journal/serialize-redacted.ts'],
    tests: ['redact', 'util', 'journal'],
  },
  // Tests only what `result.json` looks like, which is a schema.
  verdict: {mutate: ['src/verdict/**/*.ts', '!src/verdict/result.ts'], tests: ['verdict']},
  rollback: {
    mutate: ['src/run/phases/roll-back.ts', 'src/run/resume-run.ts', 'src/run/past.ts', 'src/run/reconnect.ts'],
    tests: ['run'],
  },
} as const;
type Part = keyof typeof parts;

const reportSchema = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.string(),
      mutants: z.array(
        z.object({
          status: z.string(),
          mutatorName: z.string(),
          replacement: z.string().optional(),
          location: z.object({start: z.object({line: z.number()})}),
        }),
      ),
    }),
  ),
});

const given = process.argv.slice(2);
const asked = given.filter((name): name is Part => name in parts);
const files = given.filter((name) => !(name in parts));
const explained = loadExplained(readFileSync('test/mutation-survivors.yaml', 'utf8'));
const folder = mkdtempSync(path.join(tmpdir(), 'offdrill-mutation-'));
let isExplained = true;
for (const name of asked.length > 0 ? asked : (Object.keys(parts) as Part[])) {
  const report = run(name);
  const matched = matchSurvivors(survivorsIn(report), explained, Object.keys(report.files));
  for (const one of matched.unexplained) print('not explained', one);
  for (const one of matched.stale) print('explained, and noticed', one);
  isExplained &&= matched.unexplained.length === 0 && matched.stale.length === 0;
  const page = `\n${renderScores(report)}\n${renderExplained(matched.explained)}`;
  if (files.length > 0) process.stdout.write(page);
  else writeFileSync('docs/mutation.md', fillPage(readFileSync('docs/mutation.md', 'utf8'), name, page));
}
rmSync(folder, {recursive: true});
process.exitCode = isExplained ? 0 : 1;

function run(name: Part): Report {
  const {mutate, tests} = parts[name];
  const report = path.join(folder, `${name}.json`);
  const config = path.join(folder, `${name}.config.json`);
  writeFileSync(
    config,
    JSON.stringify({
      packageManager: 'npm',
      testRunner: 'vitest',
      vitest: {configFile: 'vitest.mutation.config.ts'},
      plugins: ['@stryker-mutator/vitest-runner'],
      mutate: files.length > 0 ? files : mutate,
      reporters: ['json', 'progress-append-only'],
      jsonReporter: {fileName: report},
      coverageAnalysis: 'perTest',
      ignoreStatic: true,
      concurrency: 2,
      tempDirName: path.join(folder, 'copies'),
      timeoutMS: 10_000,
    }),
  );
  const env = {...process.env, OFFDRILL_MUTATION_TESTS: tests.join(',')};
  const ended = spawnSync('stryker', ['run', config], {stdio: 'inherit', env});
  if (ended.status !== 0) throw new Error(`Expected the mutation run of ${name} to end with 0, got ${ended.status}.`);
  return reportSchema.parse(JSON.parse(readFileSync(report, 'utf8')));
}

function print(what: string, {file, line, change}: Survivor): void {
  process.stdout.write(`${what}: ${file}: ${line}\n  ${change}\n`);
}

type Report = z.infer<typeof reportSchema>;

function isAlive({status}: {readonly status: string}): boolean {
  return status === 'Survived' || status === 'NoCoverage';
}

function survivorsIn({files}: Report): readonly Survivor[] {
  return Object.entries(files).flatMap(([file, {source, mutants}]) =>
    mutants.filter(isAlive).map(({location, mutatorName, replacement = ''}) => ({
      file,
      line: source.split('\n')[location.start.line - 1]?.trim() ?? '',
      change: nameChange(mutatorName, replacement),
    })),
  );
}

function renderScores({files}: Report): string {
  const rows = Object.entries(files).map(([file, {mutants}]) => {
    const counted = mutants.filter(({status}) => status !== 'Ignored');
    const alive = counted.filter(isAlive).length;
    return {file, killed: counted.length - alive, alive};
  });
  const score = (killed: number, alive: number): string =>
    killed + alive === 0 ? '–' : `${((100 * killed) / (killed + alive)).toFixed(1)} %`;
  const sum = (of: 'killed' | 'alive'): number => rows.reduce((total, row) => total + row[of], 0);
  return [
    '| file | noticed | not noticed | score |',
    '| --- | --- | --- | --- |',
    ...rows
      .toSorted((a, b) => a.file.localeCompare(b.file))
      .map(({file, killed, alive}) => `| \`${file}\` | ${killed} | ${alive} | ${score(killed, alive)} |`),
    `| all | ${sum('killed')} | ${sum('alive')} | ${score(sum('killed'), sum('alive'))} |`,
  ].join('\n');
}

function renderExplained(survivors: readonly Explained[]): string {
  if (survivors.length === 0) return '';
  const code = (text: string): string => `\`\` ${text.replaceAll('|', '\\|')} \`\``;
  return [
    '',
    '| file | line | change | why nothing notices it |',
    '| --- | --- | --- | --- |',
    ...survivors.map(
      ({file, line, change, why}) => `| ${path.basename(file)} | ${code(line)} | ${code(change)} | ${why} |`,
    ),
    '',
  ].join('\n');
}
