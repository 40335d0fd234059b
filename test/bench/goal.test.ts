import {describe, expect, it} from 'vitest';
import {isMet, renderGoal} from '../../bench/goal.ts';

describe('bench/goal', () => {
  it.each([
    [1.3, true],
    [1.31, false],
  ])('holds a median ratio of %s against its limit', (median, met) => {
    expect(isMet({kind: 'ratio', atMost: 1.3}, {value: 900, ratio: {median, max: 2}})).toBe(met);
  });

  it.each([
    [1, true],
    [1.01, false],
  ])('holds the worst ratio of %s against what is always to be met', (max, met) => {
    expect(isMet({kind: 'ratio-always', atMost: 1}, {value: 900, ratio: {median: 0.5, max}})).toBe(met);
  });

  it('is not met by a ratio without a floor', () => {
    expect(isMet({kind: 'ratio', atMost: 2}, {value: 1, ratio: null})).toBe(false);
  });

  it.each([
    [20, true],
    [20.5, false],
  ])('lets %s be at most 20', (value, met) => {
    expect(isMet({kind: 'at-most', limit: 20}, {value, ratio: null})).toBe(met);
  });

  it.each([
    [99.5, true],
    [99.4, false],
  ])('wants %s to be at least 99.5', (value, met) => {
    expect(isMet({kind: 'at-least', limit: 99.5}, {value, ratio: null})).toBe(met);
  });

  it.each([
    [Number.NaN, {kind: 'at-most', limit: 0}],
    [Number.NaN, {kind: 'at-least', limit: 0}],
  ] as const)('is not met by what is no number', (value, goal) => {
    expect(isMet(goal, {value, ratio: null})).toBe(false);
  });

  it('reads as in the design', () => {
    expect(renderGoal({kind: 'ratio', atMost: 1.4}, 'ms')).toBe('≤ 1.4× floor');
    expect(renderGoal({kind: 'at-least', limit: 99.5}, '%')).toBe('≥ 99.5 %');
  });
});
