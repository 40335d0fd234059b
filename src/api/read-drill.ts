import {readFile} from 'node:fs/promises';
import path from 'node:path';
import type {Diagnostic} from '../contract/diagnostic.ts';
import {loadDrill} from '../drill/load-drill.ts';
import {renderDiagnostics} from '../drill/render-diagnostics.ts';
import {buildPlan} from '../plan/build-plan.ts';
import type {Plan} from '../plan/plan.ts';
import {err, ok, type Result} from '../util/result.ts';
import {catalog} from './catalog.ts';

export type DrillInputs = {
  readonly file: string;
  /** Undefined where they are not known yet: then any name is accepted. */
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
};

/** What is wrong with a drill file, as values and as a page to read. */
export type Problems = {
  readonly diagnostics: readonly Diagnostic[];
  render(options: {readonly color: boolean}): string;
};

type Loaded = Extract<Awaited<ReturnType<typeof loadDrill>>, {ok: true}>['value'];

/** Reads one drill file and finds every mistake that can be found without touching anything. */
async function readDrill(inputs: DrillInputs): Promise<Result<Loaded & {readonly warningsPage: Problems}, Problems>> {
  const bytes = await readBytes(inputs.file);
  if (!bytes.ok) return err(bytes.error);
  const text = new TextDecoder().decode(bytes.value);
  const loaded = await loadDrill(
    {file: inputs.file, bytes: bytes.value},
    {
      catalog,
      ...(inputs.vars === undefined ? {} : {vars: inputs.vars}),
      ...(inputs.env === undefined ? {} : {env: inputs.env}),
    },
  );
  return loaded.ok
    ? ok({...loaded.value, warningsPage: problemsIn(loaded.value.warnings, text)})
    : err(problemsIn(loaded.error, text));
}

/** Reads a drill file and plans it. Touches nothing. */
export async function planDrill(
  inputs: DrillInputs & {readonly base?: string},
): Promise<Result<{readonly plan: Plan; readonly warnings: Problems}, Problems>> {
  const read = await readDrill(inputs);
  if (!read.ok) return read;
  const {drill, locate, warningsPage} = read.value;
  const base = path.resolve(inputs.base ?? path.dirname(inputs.file));
  const planned = await buildPlan(drill, locate, catalog, {vars: inputs.vars, env: inputs.env, base});
  if (planned.ok) return ok({plan: planned.value, warnings: warningsPage});
  const bytes = await readBytes(inputs.file);
  return err(problemsIn(planned.error, bytes.ok ? new TextDecoder().decode(bytes.value) : ''));
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
    return err({diagnostics: [diagnostic], render: () => `${file} - error: ${message}\n`});
  }
}
