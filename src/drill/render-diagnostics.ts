import {styleText} from 'node:util';
import type {Diagnostic} from '../contract/diagnostic.ts';
import {sanitize} from '../util/sanitize.ts';

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

/** Each problem with its place, a frame of the file around it, and what was probably meant. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  sourceText: string,
  options: {readonly color: boolean},
): string {
  const paint: Paint = (style, text) => (options.color ? styleText(style, text, {validateStream: false}) : text);
  const lines = sourceText.replace(/^\uFEFF/, '').split(/\r?\n/);
  const pages = diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, lines, paint));
  return [...pages, summary(diagnostics)].join('\n');
}

function renderDiagnostic(diagnostic: Diagnostic, lines: readonly string[], paint: Paint): string {
  const {file, line, column, severity, message, suggestion, code} = diagnostic;
  const place = paint('cyan', sanitize(`${file}:${line}:${column}`));
  const kind = paint([severity === 'error' ? 'red' : 'yellow', 'bold'], severity);
  const hint = suggestion === undefined ? '' : ` Did you mean ${paint('bold', `\`${sanitize(suggestion)}\``)}?`;
  const head = `${place} - ${kind}: ${sanitize(message)}${hint} ${paint('dim', `[${code}]`)}`;
  return [head, ...renderFrame(diagnostic, lines, paint), ''].join('\n');
}

/** The lines around a problem, the one that is meant marked. Not for a secret: the frame would show it. */
function renderFrame(
  {line, column, length, code}: Diagnostic,
  lines: readonly string[],
  paint: Paint,
): readonly string[] {
  const meant = lines[line - 1];
  if (meant === undefined || code === 'literal-secret') return [];
  const first = Math.max(1, line - 1);
  const last = Math.min(lines.length, line + 1);
  const width = String(last).length;
  const cut = Math.max(0, Math.min(column - 1 - widest / 2, meant.length - widest));
  return lines.slice(first - 1, last).flatMap((text, index) => {
    const number = first + index;
    const shown = sanitize(text.slice(cut, cut + widest)).replaceAll('\t', ' ');
    const gutter = `${number === line ? '>' : ' '} ${String(number).padStart(width)} |`;
    const row = `${number === line ? paint('bold', gutter) : paint('dim', gutter)}${shown === '' ? '' : ` ${shown}`}`;
    if (number !== line) return [row];
    const before = sanitize(text.slice(cut, column - 1)).length;
    const marked = Math.max(1, Math.min(length, widest - (column - 1 - cut)));
    return [
      row,
      `${paint('dim', `  ${' '.repeat(width)} |`)} ${' '.repeat(before)}${paint('red', '^'.repeat(marked))}`,
    ];
  });
}

/** Longer lines are shown in part, so that a file in one line stays readable. */
const widest = 120;

function summary(diagnostics: readonly Diagnostic[]): string {
  const count = (severity: Diagnostic['severity'], word: string): string[] => {
    const found = diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
    return found === 0 ? [] : [`${found} ${word}${found === 1 ? '' : 's'}`];
  };
  return `${[...count('error', 'error'), ...count('warning', 'warning')].join(', ')}\n`;
}
