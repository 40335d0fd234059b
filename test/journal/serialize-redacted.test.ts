import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {serializeRedacted} from '../../src/journal/serialize-redacted.ts';
import {createRedactor} from '../../src/redact/redactor.ts';

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
