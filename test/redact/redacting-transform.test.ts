import {Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {createRedactingTransform} from '../../src/redact/redacting-transform.ts';
import {createRedactor} from '../../src/redact/redactor.ts';

describe('redact/redacting-transform', () => {
  it('removes a secret however the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('pässwörd-1', 'other-secret', 'pässwö', 'text ', '\n'), {maxLength: 30}),
        fc.array(fc.nat(300), {maxLength: 12}),
        async (words, cuts) => {
          const redactor = createRedactor();
          redactor.add('pässwörd-1', 'one');
          redactor.add('other-secret', 'two');
          const whole = words.join('');

          const streamed = await text(
            Readable.from(piecesOf(Buffer.from(whole), cuts)).pipe(createRedactingTransform(redactor)),
          );

          expect(streamed).toBe(redactor.redact(whole));
        },
      ),
    );
  });

  it('lets text go before the stream ends', async () => {
    const redactor = createRedactor();
    redactor.add('abcdef', 'one');
    const transform = createRedactingTransform(redactor);
    const first = new Promise<string>((resolve) => transform.once('data', (chunk) => resolve(String(chunk))));

    transform.write(`${'x'.repeat(500)}abcdef${'y'.repeat(500)}`);

    expect(await first).toMatch(/^x{500}\[REDACTED:one\]y{400,}$/);
    transform.destroy();
  });
});

function piecesOf(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, at) => bytes.subarray(places[at], end));
}
