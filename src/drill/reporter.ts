import type {Diagnostic, DiagnosticCode} from '../contract/diagnostic.ts';
import type {Document, Place} from './document.ts';
import type {Path} from './path.ts';

type Problem = {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly path: Path;
  /** What is pointed at: the key (or the item of a list), its value, or a given place. @default 'key' */
  readonly at?: 'key' | 'value' | Place;
  readonly suggestion?: string | undefined;
};

export type Report = (problem: Problem) => void;

/** Collects the problems of one file, each with its place. */
export function createReporter(
  file: string,
  document: Document,
  severity: Diagnostic['severity'] = 'error',
): {report: Report; diagnostics(): readonly Diagnostic[]} {
  const found: Diagnostic[] = [];
  return {
    report: ({code, message, path, at = 'key', suggestion}) => {
      const place = at === 'key' ? document.locate(path) : at === 'value' ? document.locateValue(path) : at;
      const hint = suggestion === undefined ? {} : {suggestion};
      found.push({severity, code, message, file, ...place, path: path.join('.'), ...hint});
    },
    diagnostics: () => sortDiagnostics(found),
  };
}

/** More than anybody reads. */
const most = 200;

export function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.toSorted((a, b) => a.line - b.line || a.column - b.column).slice(0, most);
}
