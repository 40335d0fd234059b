import {describe, expect, it} from 'vitest';
import {isMet, renderGoal} from '../../bench/goal.ts';

describe('bench/goal', () => {
  it.each([
    [1.3, true],
    [1.31, false],
    [undefined, false],
  ])('holds a ratio of %s against its limit', (ratio, met) => {
    expect(isMet({kind: 'ratio', atMost: 1.3}, {value: 1, ratio})).toBe(met);
  });

  it('does not take the value for the ratio', () => {
    expect(isMet({kind: 'ratio', atMost: 2}, {value: 900, ratio: 1.5})).toBe(true);
  });

  it.each([
    [20, true],
    [20.5, false],
  ])('lets %s be at most 20', (value, met) => {
    expect(isMet({kind: 'at-most', limit: 20}, {value, ratio: undefined})).toBe(met);
  });

  it.each([
    [99.5, true],
    [99.4, false],
  ])('wants %s to be at least 99.5', (value, met) => {
    expect(isMet({kind: 'at-least', limit: 99.5}, {value, ratio: undefined})).toBe(met);
  });

  it.each([
    [Number.NaN, {kind: 'at-most', limit: 0}],
    [Number.NaN, {kind: 'at-least', limit: 0}],
  ] as const)('is not met by what is no number', (value, goal) => {
    expect(isMet(goal, {value, ratio: Number.NaN})).toBe(false);
  });

  it('reads as in the design', () => {
    expect(renderGoal({kind: 'ratio', atMost: 1.4}, 'ms')).toBe('≤ 1.4× floor');
    expect(renderGoal({kind: 'at-least', limit: 99.5}, '%')).toBe('≥ 99.5 %');
  });
});
