import {Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {serializeRedacted} from '../../src/journal/serialize-redacted.ts';
import {createRedactingTransform} from '../../src/redact/redacting-transform.ts';
import {createRedactor} from '../../src/redact/redactor.ts';
import {recordHeld, seed, tries} from './runs.ts';

const secret = fc.oneof(
  fc.base64String({minLength: 8, maxLength: 60}),
  fc.string({unit: 'grapheme', minLength: 8, maxLength: 40}),
  fc.uuid(),
  fc.string({unit: fc.constantFrom(...'ab"\\\'<>&%+/= \n$`é'), minLength: 8, maxLength: 24}),
);
const usable = secret.filter((one) => one.trim().length >= 6);

const encodings: readonly ((one: string) => string)[] = [
  (one) => one,
  (one) => Buffer.from(one).toString('base64'),
  (one) => Buffer.from(one).toString('base64url'),
  (one) => Buffer.from(`user:${one}`).toString('base64'),
  (one) => Buffer.from(one).toString('hex'),
  (one) => encodeURIComponent(one.toWellFormed()),
  (one) => JSON.stringify(one),
  (one) => JSON.stringify(JSON.stringify({text: one})),
];

describe(`the redactor (seed ${seed})`, {timeout: 14_400_000}, () => {
  it('leaves no secret in what passes it, however encoded and cut', async () => {
    const settings = tries(150);

    await fc.assert(
      fc.asyncProperty(
        fc.array(usable, {minLength: 1, maxLength: 4}),
        fc.array(fc.tuple(fc.nat(3), fc.nat(encodings.length - 1), fc.lorem({maxCount: 3})), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.array(fc.integer({min: 1, max: 30}), {minLength: 1, maxLength: 8}),
        async (secrets, parts, sizes) => {
          const redactor = createRedactor();
          for (const [index, one] of secrets.entries()) redactor.add(one, `secret-${index}`);
          const whole = parts
            .map(
              ([which, how, around]) =>
                `${around} ${encodings[how]?.(secrets[which % secrets.length] ?? '')} ${around}`,
            )
            .join('\n');

          const passed = await text(
            Readable.from(pieces(Buffer.from(whole), sizes)).pipe(createRedactingTransform(redactor)),
          );

          expect(redactor.find(passed)).toEqual([]);
          for (const one of secrets) expect(passed.includes(one)).toBe(false);
          expect(redactor.redact(passed)).toBe(passed);
        },
      ),
      settings,
    );
    recordHeld('secrets in a stream, encoded and cut', settings);
  });

  it('leaves no secret in a journal’s line, and the line JSON', () => {
    const settings = tries(300);

    fc.assert(
      fc.property(usable, fc.jsonValue({maxDepth: 3}), (one, value) => {
        const redactor = createRedactor();
        redactor.add(one, 'it');

        const line = serializeRedacted(
          {[one]: one, value, inner: {list: [one, `before ${one} after`]}},
          redactor.redact,
        );

        expect(redactor.find(line)).toEqual([]);
        expect(() => JSON.parse(line)).not.toThrow();
      }),
      settings,
    );
    recordHeld('secrets in a line of a journal', settings);
  });

  it('leaves what is no secret as it is', () => {
    const settings = tries(300);

    fc.assert(
      fc.property(fc.uuid(), fc.lorem({maxCount: 40}), (one, plain) => {
        const redactor = createRedactor();
        redactor.add(one, 'it');

        expect(redactor.redact(plain)).toBe(plain);
        expect(redactor.redact(`${plain}${one}${plain}`)).toBe(`${plain}[REDACTED:it]${plain}`);
      }),
      settings,
    );
    recordHeld('text without a secret', settings);
  });
});

function* pieces(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
