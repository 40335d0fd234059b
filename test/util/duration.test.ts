import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parseDuration, renderDuration} from '../../src/util/duration.ts';

describe('util/duration', () => {
  it.each([
    ['250ms', 250],
    ['10s', 10_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['2d', 172_800_000],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toEqual({ok: true, value: ms});
  });

  it.each(['250', '', '10 s', '1h banana', 'PT5M', '-5s', '5S', '1mo', '1,5s', 'ten seconds'])('refuses %j', (text) => {
    expect(parseDuration(text)).toEqual({ok: false, error: expect.stringContaining(`got \`${text}\``)});
  });

  it.each([
    [0, '0ms'],
    [999.6, '1s'],
    [1000, '1s'],
    [1240, '1.24s'],
    [12_340, '12.3s'],
    [60_000, '1m'],
    [125_000, '2m05s'],
    [5_400_000, '1h30m'],
  ])('renders %d as %s', (ms, text) => {
    expect(renderDuration(ms)).toBe(text);
  });

  it('reads back what it renders below a minute', () => {
    fc.assert(
      fc.property(fc.integer({min: 0, max: 59_000}), (ms) => {
        const read = parseDuration(renderDuration(ms));

        expect(read.ok && Math.abs(read.value - ms)).toBeLessThanOrEqual(50);
      }),
    );
  });
});
