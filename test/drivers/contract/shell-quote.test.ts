import {execFileSync} from 'node:child_process';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {printfWord, shellWord, unknownIn} from '../../../src/drivers/shell-quote.ts';
import {sanitizeLine} from '../../../src/util/sanitize.ts';
import {reference} from '../../run/fake-drill.ts';

/** What a shell makes of the words, each ended by a byte that is in none. */
function read(format: string, words: readonly string[], env: Record<string, string> = {}): readonly string[] {
  const script = words.map((word) => `printf '${format}\\000' ${word}`).join('\n');
  const text = execFileSync('sh', ['-s'], {input: script, env: {...process.env, ...env}}).toString();
  return text.split('\0').slice(0, -1);
}

/** Whatever a process can be given, but for an end of line at the end, which no substitution keeps. */
const texts = fc
  .string({
    unit: fc.oneof(fc.constantFrom(...'\'"\\`$!%*?[]{}()<>|&;#~= \t\n\r\u001b\u202e-ä注'), fc.string({maxLength: 2})),
  })
  .map((text) => text.replaceAll('\0', '').toWellFormed())
  .filter((text) => !text.endsWith('\n') && unknownIn(text).length === 0);

describe('drivers/shell-quote', () => {
  it('gives a shell exactly the text', () => {
    const samples = fc.sample(texts, {numRuns: 500, seed: 6});

    expect(read('%s', samples.map(shellWord))).toEqual(samples);
    expect(read('%b', samples.map(printfWord))).toEqual(samples);
  });

  it('stays as it is in a report, in one line', () => {
    for (const word of fc
      .sample(texts, {numRuns: 500, seed: 7})
      .flatMap((text) => [shellWord(text), printfWord(text)])) {
      expect(sanitizeLine(word)).toBe(word);
    }
  });

  it('leaves a plain word as it is', () => {
    expect(shellWord('auth/approle/role/orders-mcp')).toBe('auth/approle/role/orders-mcp');
    expect(shellWord(5432)).toBe('5432');
    expect(shellWord('')).toBe("''");
  });

  it('puts a variable where a reference stands', () => {
    const text = `it's ${reference('capture.db-user.name')}!`;

    expect(unknownIn(text, [text])).toEqual([{variable: 'capture_db_user_name', reference: 'capture.db-user.name'}]);
    expect(read('%s', [shellWord(text)], {capture_db_user_name: 'a "b" $c'})).toEqual([`it's a "b" $c!`]);
  });
});
