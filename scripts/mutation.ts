import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import {fillPage} from '../bench/fill-page.ts';

/**
 * Changes the code that records, judges and brings back, one small thing at a time, and sees whether a test notices. An
 * argument names one part; `docs/mutation.md` gets the score of each file of the parts that were run. Survivors are
 * printed, with their places.
 */
const parts = {
  journal: {mutate: ['src/journal/**/*.ts'], tests: ['journal']},
  redact: {mutate: ['src/redact/**/*.ts', 'src/journal/serialize-redacted.ts'], tests: ['redact', 'journal']},
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

const asked = process.argv.slice(2).filter((name): name is Part => name in parts);
const folder = mkdtempSync(path.join(tmpdir(), 'offdrill-mutation-'));
for (const name of asked.length > 0 ? asked : (Object.keys(parts) as Part[])) {
  const scores = run(name);
  writeFileSync('docs/mutation.md', fillPage(readFileSync('docs/mutation.md', 'utf8'), name, scores));
}
rmSync(folder, {recursive: true});

function run(name: Part): string {
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
      mutate,
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
  return `\n${renderScores(reportSchema.parse(JSON.parse(readFileSync(report, 'utf8'))))}\n`;
}

type Report = z.infer<typeof reportSchema>;

function renderScores({files}: Report): string {
  const rows = Object.entries(files).map(([file, {source, mutants}]) => {
    const alive = mutants.filter(({status}) => status === 'Survived' || status === 'NoCoverage');
    const counted = mutants.filter(({status}) => status !== 'Ignored');
    for (const {location, mutatorName, replacement = ''} of alive) {
      const line = source.split('\n')[location.start.line - 1]?.trim() ?? '';
      process.stdout.write(`${file}:${location.start.line} ${mutatorName}: ${line} → ${replacement}\n`);
    }
    return {file, killed: counted.length - alive.length, alive: alive.length};
  });
  const score = (killed: number, alive: number): string =>
    killed + alive === 0 ? '–' : `${((100 * killed) / (killed + alive)).toFixed(1)} %`;
  const sum = (of: 'killed' | 'alive'): number => rows.reduce((total, row) => total + row[of], 0);
  return [
    '| file | noticed | not noticed | score |',
    '| --- | --- | --- | --- |',
    ...rows.map(({file, killed, alive}) => `| \`${file}\` | ${killed} | ${alive} | ${score(killed, alive)} |`),
    `| all | ${sum('killed')} | ${sum('alive')} | ${score(sum('killed'), sum('alive'))} |`,
  ].join('\n');
}
