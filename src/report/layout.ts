import type {styleText} from 'node:util';
import {sanitizeLine} from '../util/sanitize.ts';
import {columnsOf, padColumns} from './columns.ts';

/** How a report is drawn: in colour or not, and how wide. */
export type Look = {
  readonly paint: (style: Parameters<typeof styleText>[0], text: string) => string;
  readonly width: number;
};

/**
 * Breaks at spaces, so that no line is wider than `width` where that can be helped. The first line carries `lead`, the
 * others as much space. Characters that would drive a terminal are made visible.
 */
export function wrap(text: string, width: number, lead = ''): readonly string[] {
  const lines: string[] = [];
  let line = lead;
  for (const word of sanitizeLine(text).split(' ')) {
    if (columnsOf(line) + columnsOf(word) > width && line.trim() !== '' && line !== lead) {
      lines.push(line.trimEnd());
      line = ' '.repeat(columnsOf(lead));
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}

/** Columns as wide as their widest cell, the head first. The last columns are left out where they do not fit into `width`. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] {
  const cells = [head, ...rows.map((row) => row.map(sanitizeLine))];
  const widths = head.map((_title, column) => Math.max(...cells.map((row) => columnsOf(row[column] ?? ''))));
  let columns = head.length;
  while (columns > 2 && sum(widths.slice(0, columns)) + 2 * (columns - 1) > width) columns -= 1;
  return cells.map((row) =>
    row
      .slice(0, columns)
      .map((cell, column) => padColumns(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Inputs of an operation as they would stand in the drill: `role: orders-mcp, argv: [node, x]`. */
export function renderInputs(inputs: unknown): string {
  if (Array.isArray(inputs)) return `[${inputs.map(renderInputs).join(', ')}]`;
  if (typeof inputs !== 'object' || inputs === null) return String(inputs);
  const pairs = Object.entries(inputs).map(
    ([key, value]) => `${key}: ${isMap(value) ? `{${renderInputs(value)}}` : renderInputs(value)}`,
  );
  return pairs.join(', ');
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
