import {describe, expect, it} from 'vitest';
import {mean, median, quantile, slope, spreadOf} from '../../bench/statistics.ts';

describe('bench/statistics', () => {
  it('takes the middle of an odd number', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it('takes the middle between two of an even number', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('sorts by value, not by text', () => {
    expect(median([10, 9, 100])).toBe(10);
  });

  it('leaves the given values in their order', () => {
    const values = [3, 1, 2];

    median(values);

    expect(values).toEqual([3, 1, 2]);
  });

  it('has no median of nothing', () => {
    expect(median([])).toBeNaN();
  });

  it('finds a quantile between two values in proportion', () => {
    expect(quantile([0, 10], 0.99)).toBeCloseTo(9.9);
  });

  it('tells the median and both ends', () => {
    expect(spreadOf([2, 8, 3])).toEqual({median: 3, min: 2, max: 8});
  });

  it('takes the mean of all', () => {
    expect(mean([1, 2, 6])).toBe(3);
  });

  it('fits a slope through points', () => {
    const points = [0, 1, 2, 3].map((x) => ({x, y: 7 - 2 * x}));

    expect(slope(points)).toBeCloseTo(-2);
  });

  it('sees no slope in a single place', () => {
    expect(
      slope([
        {x: 4, y: 1},
        {x: 4, y: 9},
      ]),
    ).toBe(0);
  });
});
