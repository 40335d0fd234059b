import {describe, expect, it} from 'vitest';
import {drillOf, type Edit, edit, loadText} from '../load-flagship.ts';

/** The first access of the flagship, whose limit is 10s, with a cache; `settle` is 5s there. */
const cached = (ttl: string, limit = '10s'): Edit => [
  'denied-within: 10s}',
  `denied-within: ${limit}, cache-ttl: ${ttl}}`,
];

async function load(...edits: readonly Edit[]) {
  const {text, line, column} = edit(...edits);
  const {drill, warnings} = drillOf(await loadText(text));
  return {doubts: drill.doubts, warnings, marked: {line, column}};
}

describe('drill/lint/lint-caches', () => {
  it('doubts a settle that is shorter than what an application keeps in its cache', async () => {
    const {doubts, warnings, marked} = await load(['denied-within: 10s}', 'denied-within: 10s, «cache-ttl: 6s}']);

    const message =
      'Expected `settle` to be at least the longest `cache-ttl` (6s, of `tool`), got 5s: a copy that another instance of the application holds may answer again when nobody looks any more. Give `settle` as long.';
    expect(doubts).toEqual([{code: 'settle-before-cache', criterion: 'access-removed', message}]);
    expect(warnings).toMatchObject([{severity: 'warning', code: 'settle-before-cache', message, ...marked}]);
  });

  it('takes a settle that is as long', async () => {
    expect((await load(cached('5s'))).warnings).toEqual([]);
  });

  it('holds the default of settle against a cache, too', async () => {
    const {doubts} = await load(cached('10001ms', '1m'), ['settle: 5s\n', '']);

    expect(doubts.map(({code}) => code)).toEqual(['settle-before-cache']);
    expect((await load(cached('10s', '1m'), ['settle: 5s\n', ''])).doubts).toEqual([]);
  });

  it('names the longest of several', async () => {
    const {doubts} = await load(cached('6s'), cached('8s'), cached('7s'));

    expect(doubts).toHaveLength(1);
    expect(doubts[0]?.message).toContain('(8s, of `token`)');
  });

  it('warns of a limit that ends before the cache does, and lets the drill pass', async () => {
    const {doubts, warnings, marked} = await load(
      ['denied-within: 10s}', '«denied-within: 10s, cache-ttl: 5m}'],
      ['settle: 5s', 'settle: 5m'],
    );

    expect(doubts).toEqual([]);
    expect(warnings).toMatchObject([
      {
        severity: 'warning',
        code: 'limit-before-cache',
        message:
          'Expected `denied-within` of `tool` to be at least its `cache-ttl` (5m), got 10s: its cache may answer for longer than that, and the drill fails though all is done. Give it as long, unless a step empties the cache.',
        ...marked,
      },
    ]);
  });

  it('takes a limit that is as long', async () => {
    expect((await load(cached('5m', '5m'), ['settle: 5s', 'settle: 5m'])).warnings).toEqual([]);
  });
});
