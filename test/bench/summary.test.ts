import {describe, expect, it} from 'vitest';
import type {Row} from '../../bench/measurement.ts';
import {renderMarkdownTable, renderTable} from '../../bench/render-table.ts';
import {resultOf, summarize} from '../../bench/summary.ts';

const row: Row = {name: 'steps', unit: 'ms', goal: {kind: 'ratio', atMost: 1.3}};

describe('bench/summary', () => {
  it('compares each round with its own floor', () => {
    const readings = [
      {value: 120, floor: 100},
      {value: 1200, floor: 1000},
      {value: 15, floor: 10},
    ];

    const summary = summarize(row, readings);

    expect(summary.ratio?.median).toBeCloseTo(1.2);
    expect(summary).toMatchObject({
      value: {median: 120, min: 15, max: 1200},
      floor: {median: 100},
      met: true,
      rounds: 3,
    });
  });

  it('misses a goal whose median is above it', () => {
    expect(summarize(row, [{value: 14, floor: 10}]).met).toBe(false);
  });

  it('has no ratio where the goal is none', () => {
    const summary = summarize({name: 'growth', unit: 'ms', goal: {kind: 'at-most', limit: 1}}, [
      {value: -2, floor: -1},
    ]);

    expect(summary).toMatchObject({ratio: null, floor: {median: -1}, met: true});
  });

  it('is written as medians, with the ends beside them', () => {
    const summary = summarize(row, [
      {value: 30, floor: 20},
      {value: 10, floor: 10},
    ]);

    expect(resultOf(summary)).toEqual({
      name: 'steps',
      unit: 'ms',
      value: 20,
      floor: 15,
      ratio: 1.25,
      goal: '≤ 1.3× floor',
      met: true,
      rounds: 2,
      range: {value: [10, 30], floor: [10, 20], ratio: [1, 1.5]},
    });
  });
});

describe('bench/render-table', () => {
  const rows = [
    summarize(row, [
      {value: 1234.5, floor: 1000},
      {value: 1400, floor: 1000},
    ]),
    summarize({name: 'memory', unit: 'bytes', goal: {kind: 'at-most', limit: 20}}, [{value: 0.24492}]),
  ];

  it('shows median, range, ratio, goal and whether it is met', () => {
    expect(renderMarkdownTable(rows).split('\n').slice(2)).toEqual([
      '| steps | 1317 ms (1235–1400) | 1000 ms | 1.32× (1.23–1.4) | ≤ 1.3× floor | no |',
      '| memory | 0.245 bytes | – | – | ≤ 20 bytes | yes |',
    ]);
  });

  it('puts columns under each other on a terminal', () => {
    const [head = '', ...lines] = renderTable(rows).split('\n');

    expect(lines.map((line) => line.indexOf('≤'))).toEqual([head.indexOf('goal'), head.indexOf('goal')]);
  });
});
