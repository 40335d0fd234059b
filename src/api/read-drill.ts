import {readFile} from 'node:fs/promises';
import path from 'node:path';
import type {Diagnostic} from '../contract/diagnostic.ts';
import type {DriverCatalog} from '../contract/driver.ts';
import {loadDrill} from '../drill/load-drill.ts';
import {findReferences} from '../drill/references.ts';
import {renderDiagnostics} from '../drill/render-diagnostics.ts';
import {buildPlan} from '../plan/build-plan.ts';
import type {Plan, PlanSource} from '../plan/plan.ts';
import {err, ok, type Result} from '../util/result.ts';
import {sanitizeLine} from '../util/sanitize.ts';
import {catalog as ownCatalog} from './catalog.ts';

export type DrillInputs = {
  readonly file: string;
  /** Undefined where they are not known yet: then any name is accepted. */
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Other drivers than those that come along. */
  readonly catalog?: DriverCatalog;
};

/** What is wrong with a drill file, as values and as a page to read. */
export type Problems = {
  readonly diagnostics: readonly Diagnostic[];
  render(options: {readonly color: boolean}): string;
};

type Loaded = Extract<Awaited<ReturnType<typeof loadDrill>>, {ok: true}>['value'];

/** A plan that can be run, and made again. */
export type RunnablePlan = Plan & {readonly source: PlanSource};

/** Finds every mistake in a drill that can be found without touching anything. */
async function loadBytes(
  bytes: Uint8Array,
  inputs: DrillInputs,
): Promise<Result<Loaded & {readonly warningsPage: Problems; readonly text: string}, Problems>> {
  const text = new TextDecoder().decode(bytes);
  const loaded = await loadDrill(
    {file: inputs.file, bytes},
    {
      catalog: inputs.catalog ?? ownCatalog,
      ...(inputs.vars === undefined ? {} : {vars: inputs.vars}),
      ...(inputs.env === undefined ? {} : {env: inputs.env}),
    },
  );
  return loaded.ok
    ? ok({...loaded.value, text, warningsPage: problemsIn(loaded.value.warnings, text)})
    : err(problemsIn(loaded.error, text));
}

/** Reads a drill file and plans it. Touches nothing. */
export async function planDrill(
  inputs: DrillInputs & {readonly base?: string},
): Promise<Result<{readonly plan: RunnablePlan; readonly warnings: Problems}, Problems>> {
  const bytes = await readBytes(inputs.file);
  return bytes.ok ? planBytes(bytes.value, inputs) : err(bytes.error);
}

/** The same of a drill that was read already; `file` is what it is called in diagnostics and in the plan. */
export async function planBytes(
  bytes: Uint8Array,
  inputs: DrillInputs & {readonly base?: string},
): Promise<Result<{readonly plan: RunnablePlan; readonly warnings: Problems}, Problems>> {
  const read = await loadBytes(bytes, inputs);
  if (!read.ok) return read;
  const {drill, locate, warningsPage, text} = read.value;
  const base = path.resolve(inputs.base ?? path.dirname(inputs.file));
  const planned = await buildPlan(drill, locate, inputs.catalog ?? ownCatalog, {
    vars: inputs.vars,
    env: inputs.env,
    base,
  });
  if (!planned.ok) return err(problemsIn(planned.error, text));
  const source = {text, vars: inputs.vars ?? {}, env: referredIn(text, inputs.env ?? {})};
  return ok({plan: {...planned.value, source}, warnings: warningsPage});
}

function referredIn(text: string, env: NonNullable<DrillInputs['env']>): PlanSource['env'] {
  const names = findReferences(text).flatMap(({context, path: [name]}) => (context === 'env' && name ? [name] : []));
  return Object.fromEntries(
    [...new Set(names)].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const])),
  );
}

function problemsIn(diagnostics: readonly Diagnostic[], text: string): Problems {
  return {diagnostics, render: (options) => renderDiagnostics(diagnostics, text, options)};
}

async function readBytes(file: string): Promise<Result<Uint8Array, Problems>> {
  try {
    return ok(await readFile(file));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : code;
    const message = `Expected a drill file at \`${file}\`, but ${why}.`;
    const diagnostic: Diagnostic = {
      severity: 'error',
      code: 'unreadable',
      message,
      file,
      line: 1,
      column: 1,
      length: 1,
      path: '',
    };
    return err({diagnostics: [diagnostic], render: () => `${sanitizeLine(`${file} - error: ${message}`)}\n`});
  }
}
