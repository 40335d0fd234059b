import {createHash} from 'node:crypto';
import type {Diagnostic, DiagnosticCode} from '../contract/diagnostic.ts';
import type {Driver, DriverCatalog} from '../contract/driver.ts';
import {err, ok, type Result} from '../util/result.ts';
import {buildDrill} from './build-drill.ts';
import type {Checking} from './checking.ts';
import {decodeSource} from './decode-source.ts';
import type {Place} from './document.ts';
import type {Drill} from './drill.ts';
import {explainIssues} from './explain-issues.ts';
import {lintDrill} from './lint/lint-drill.ts';
import {type Outline, outlineDrill} from './outline.ts';
import {parseDocument} from './parse-document.ts';
import {isRecord, itemsOf, type Path, valueAt} from './path.ts';
import {createReporter, sortDiagnostics} from './reporter.ts';
import {checkAccess, checkDependents} from './rules/check-access.ts';
import {checkAudit} from './rules/check-audit.ts';
import {checkCalls} from './rules/check-calls.ts';
import {checkCaptures} from './rules/check-captures.ts';
import {checkConnections} from './rules/check-connections.ts';
import {checkExposed} from './rules/check-exposed.ts';
import {checkGuard} from './rules/check-guard.ts';
import {checkHints} from './rules/check-hints.ts';
import {checkIdentities} from './rules/check-identities.ts';
import {checkReferences} from './rules/check-references.ts';
import {checkSecrets} from './rules/check-secrets.ts';
import {checkSteps} from './rules/check-steps.ts';
import {checkTiming} from './rules/check-timing.ts';
import {drillSchema} from './schema.ts';

export type LoadedDrill = {
  readonly drill: Drill;
  readonly warnings: readonly Diagnostic[];
  /** Where a part of the drill stands: its key, or the item of a list. */
  readonly locate: (path: Path) => Place;
};

export type LoadOptions = {
  readonly catalog: DriverCatalog;
  /** Undefined where they are not known yet: then any name is accepted. */
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
};

const rules: readonly ((checking: Checking) => void)[] = [
  checkIdentities,
  checkGuard,
  checkSecrets,
  checkConnections,
  checkCalls,
  checkReferences,
  checkExposed,
  checkCaptures,
  checkAccess,
  checkDependents,
  checkHints,
  checkTiming,
  checkSteps,
  checkAudit,
];

/** Reads a drill file and finds every mistake that can be found without touching anything, all at once. */
export async function loadDrill(
  source: {readonly file: string; readonly bytes: Uint8Array},
  options: LoadOptions,
): Promise<Result<LoadedDrill, readonly Diagnostic[]>> {
  const {file, bytes} = source;
  const decoded = decodeSource(bytes);
  if (!decoded.ok) return err([unreadable(file, bytes, decoded.error)]);
  const {document, problems, readable} = parseDocument(decoded.value);
  const ofText = problems.map(({place, ...problem}): Diagnostic => ({severity: 'error', file, ...problem, ...place}));
  if (!readable) return err(sortDiagnostics(ofText));

  const {report, diagnostics} = createReporter(file, document);
  if (!isRecord(document.value)) {
    const message = 'Expected a drill: keys such as `version`, `name` and `integration`, got something else.';
    report({code: document.value === null ? 'empty' : 'bad-value', message, path: []});
    return err(diagnostics());
  }
  const parsed = drillSchema.safeParse(document.value);
  if (!parsed.success) {
    explainIssues(parsed.error.issues, {schema: drillSchema, value: document.value, path: [], report, of: 'drill'});
  }
  const outline = outlineDrill(document.value);
  const drivers = await loadDrivers(namedDrivers(outline, document.value), options.catalog);
  const {vars, env} = options;
  const driverNames = options.catalog.names;
  for (const check of rules) check({outline, document, driverNames, drivers, report, vars, env});

  const found = sortDiagnostics([...ofText, ...diagnostics()]);
  if (!parsed.success || found.length > 0) return err(found);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const built = buildDrill(parsed.data, {file, sha256}, drivers);
  const warnings = createReporter(file, document, 'warning');
  const doubts = lintDrill({drill: built, drivers}).flatMap(({path, ...found}) => {
    warnings.report({code: found.code, message: found.message, path});
    return 'criterion' in found ? [found] : [];
  });
  const drill = {...built, doubts};
  return ok({drill, warnings: warnings.diagnostics(), locate: (path) => document.locate(path)});
}

function unreadable(
  file: string,
  bytes: Uint8Array,
  {code, message, at}: {code: DiagnosticCode; message: string; at: number},
): Diagnostic {
  const before = at === 0 ? '' : new TextDecoder().decode(bytes).slice(0, at);
  const line = before.split('\n').length;
  const column = at - before.lastIndexOf('\n');
  return {severity: 'error', code, message, file, line, column, length: 1, path: ''};
}

/** Every name that stands where a driver is named; the catalog knows which of them exist. */
function namedDrivers(outline: Outline, value: unknown): ReadonlySet<string> {
  const lists = [['guard', 'allow'], ['integration', 'identities'], ['workloads']];
  return new Set([
    ...[...outline.connections.values()].flatMap(({driver}) => driver ?? []),
    ...outline.calls.flatMap(({uses}) => uses?.split('/')[0] ?? []),
    ...outline.audits.keys(),
    ...lists.flatMap((path) =>
      itemsOf(valueAt(value, path)).flatMap((item) => (isRecord(item) ? Object.keys(item) : [])),
    ),
  ]);
}

async function loadDrivers(names: ReadonlySet<string>, catalog: DriverCatalog): Promise<ReadonlyMap<string, Driver>> {
  const wanted = catalog.names.filter((name) => names.has(name));
  const loaded = await Promise.all(wanted.map((name) => catalog.load(name)));
  return new Map(loaded.flatMap((driver) => (driver === undefined ? [] : [[driver.name, driver] as const])));
}
