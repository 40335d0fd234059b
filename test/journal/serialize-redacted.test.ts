import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {serializeRedacted} from '../../src/journal/serialize-redacted.ts';
import {createRedactor} from '../../src/redact/redactor.ts';
import {sanitize} from '../../src/util/sanitize.ts';

describe('journal/serialize-redacted', () => {
  it('stays JSON whatever the secret and the value', () => {
    const awkward = fc.string({unit: fc.constantFrom('"', '\\', 'n', 'u', '0', '1', '\n', ':', '{'), minLength: 6});
    fc.assert(
      fc.property(
        awkward.filter((text) => text.trim().length >= 6),
        fc.jsonValue(),
        awkward,
        (secret, value, other) => {
          const redactor = createRedactor();
          redactor.add(secret, 'it');

          const text = serializeRedacted({[`a ${secret}`]: [secret, value, other]}, redactor.redact);

          const loaded: unknown = JSON.parse(text);
          expect(leavesOf(loaded).filter((leaf) => leaf.includes(secret))).toEqual([]);
        },
      ),
    );
  });

  it('keeps a number that holds a secret by chance', () => {
    const redactor = createRedactor();
    redactor.add('312345', 'pin');

    const text = serializeRedacted({at: 1732312345678.5, note: 'pin 312345', pin: 312345}, redactor.redact);

    expect(JSON.parse(text)).toEqual({at: 1732312345678.5, note: 'pin [REDACTED:pin]', pin: '[REDACTED:pin]'});
  });

  it('keeps the form of what it redacts leaf by leaf', () => {
    const redact = (text: string): string => text.replaceAll('"', '').replaceAll('secret', 'X');

    const text = serializeRedacted({list: ['secret', null, true, {deep: ['a secret']}], none: null, n: 7}, redact);

    expect(JSON.parse(text)).toEqual({list: ['X', null, true, {deep: ['a X']}], none: null, n: 7});
  });

  it('takes no second look where nothing was redacted, or JSON was left', () => {
    const looks: string[] = [];
    const looking = (change: (text: string) => string) => (text: string) => {
      looks.push(text);
      return change(text);
    };

    const same = serializeRedacted(
      {text: 'nothing'},
      looking((text) => text),
    );
    const other = serializeRedacted(
      {text: 'secret'},
      looking((text) => text.replace('secret', 'X')),
    );

    expect([same, other]).toEqual(['{"text":"nothing"}', '{"text":"X"}']);
    expect(looks).toHaveLength(2);
  });

  it.each([
    ['a marker alone', '[REDACTED:pin]', '"[REDACTED:pin]"'],
    ['a marker behind something', '1[REDACTED:pin]', '312345'],
    ['a marker before something', '[REDACTED:pin]1', '312345'],
  ])('takes a number for a secret only as a whole: %s', (_what, redacted, kept) => {
    const redact = (text: string): string => text.replace('312345', redacted).replaceAll('"', '');

    expect(serializeRedacted([312345, 'x'], redact)).toBe(`[${kept},"x"]`);
  });

  it('holds nothing by which a terminal could be driven', () => {
    const text = serializeRedacted({'\u009b2J': '\u202e\u007f'}, (plain) => plain);

    expect(text).toBe('{"\\u009b2J":"\\u202e\\u007f"}');
  });

  it('redacts a secret with invisible characters, in all that is written of it', () => {
    const redactor = createRedactor();
    const secret = 'pass\u200bword\u009b';
    redactor.add(secret, 'it');

    const escaped = serializeRedacted({secret}, (text) => text);

    expect(JSON.parse(serializeRedacted({secret}, redactor.redact))).toEqual({secret: '[REDACTED:it]'});
    expect([escaped, sanitize(secret)].map(redactor.find)).toEqual([['it'], ['it']]);
  });

  it('does not cut an escape in two', () => {
    const redactor = createRedactor();
    redactor.add('nabcdef', 'it');

    expect(JSON.parse(serializeRedacted({text: 'x\nabcdef, nabcdef'}, redactor.redact))).toEqual({
      text: 'x\nabcdef, [REDACTED:it]',
    });
  });
});

function leavesOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [key, ...leavesOf(child)]);
}
