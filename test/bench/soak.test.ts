import {describe, expect, it} from 'vitest';
import {latenessOf} from '../../bench/soak/lateness.ts';
import {stretchDrill} from '../../bench/soak/stretch-drill.ts';
import {trendOf} from '../../bench/soak/trend.ts';

const options = {what: 'memory', unit: 'MB', bound: 5};
const points = (valueAt: (minute: number) => number) =>
  Array.from({length: 60}, (_, minute) => ({at: minute * 60_000, value: valueAt(minute)}));

describe('bench/soak/trend', () => {
  it('sees what grows beyond its bound', () => {
    expect(
      trendOf(
        points((minute) => minute),
        options,
      ),
    ).toMatchObject({grows: true, perHour: expect.closeTo(60)});
  });

  it('lets noise around a level pass', () => {
    expect(
      trendOf(
        points((minute) => 100 + (minute % 3)),
        options,
      ).grows,
    ).toBe(false);
  });

  it('compares by the given figure', () => {
    const lowest = (values: readonly number[]): number => Math.min(...values);
    const garbage = points((minute) => (minute % 5 === 0 ? 100 : 100 + minute));

    expect(trendOf(garbage, options, lowest)).toMatchObject({first: 100, last: 100, grows: false});
    expect(trendOf(garbage, options).grows).toBe(true);
  });

  it('reads as many points as half an hour has', () => {
    const many = Array.from({length: 400_000}, (_, at) => ({at, value: 1}));

    expect(trendOf(many, options)).toMatchObject({first: 1, last: 1, grows: false});
  });

  it('takes nothing measured for growth', () => {
    expect(trendOf([], options).grows).toBe(true);
  });
});

describe('bench/soak/lateness', () => {
  const beat = (count: number, lateAt: (index: number) => number) =>
    Array.from({length: count}, (_, index) => ({probe: 'a', sentAt: 1007 + index * 50 + lateAt(index)}));

  it('finds no lateness in fixed times', () => {
    expect(
      latenessOf(
        beat(100, () => 0),
        50,
      ).every(({lateMs}) => lateMs === 0),
    ).toBe(true);
  });

  it('finds a clock that drifts', () => {
    expect(
      latenessOf(
        beat(100, (index) => index / 10),
        50,
      ).at(-1)?.lateMs,
    ).toBeCloseTo(9.45, 1);
  });

  it('is not misled by a sample that was left out', () => {
    const samples = beat(100, () => 0).filter((_, index) => index !== 50);

    expect(latenessOf(samples, 50).every(({lateMs}) => lateMs === 0)).toBe(true);
  });
});

describe('bench/soak/stretch-drill', () => {
  it('changes settle and how often is asked, and nothing else', () => {
    const drill =
      'name: x\naccess: {a: {uses: t, every: 1s, with: {b: unchanged}}}\ndependents: {d: {uses: h}}\nsettle: 5s\n';

    const stretched = stretchDrill(drill, {minutes: 30, every: '50ms'});

    expect(stretched).toContain('settle: 30m');
    expect(stretched.match(/every: 50ms/g)).toHaveLength(2);
    expect(stretched).toContain('b: unchanged');
  });
});
