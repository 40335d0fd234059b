import {renderGoal} from './goal.ts';
import type {Spread} from './statistics.ts';
import type {RowSummary} from './summary.ts';

const head = ['what', 'ours', 'floor', 'ratio', 'goal', 'met'] as const;

/** For a terminal: columns under each other. */
export function renderTable(rows: readonly RowSummary[]): string {
  const lines = [head, ...rows.map(cellsOf)];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function renderMarkdownTable(rows: readonly RowSummary[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map((row) => line(cellsOf(row)))].join('\n');
}

function cellsOf({name, unit, value, floor, ratio, goal, met}: RowSummary): readonly string[] {
  const range = (spread: Spread | null, of: string): string => {
    if (spread === null) return '–';
    const {median, min, max} = spread;
    return min === max ? `${round(median)}${of}` : `${round(median)}${of} (${round(min)}–${round(max)})`;
  };
  return [
    name,
    range(value, ` ${unit}`),
    range(floor, ` ${unit}`),
    range(ratio, '×'),
    renderGoal(goal, unit),
    met ? 'yes' : 'no',
  ];
}

/** Three figures that count, and no more: what follows is noise. */
function round(value: number): string {
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}
