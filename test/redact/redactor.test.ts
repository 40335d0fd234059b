import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {createRedactor} from '../../src/redact/redactor.ts';

const encodings: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  base64: (text) => Buffer.from(text).toString('base64'),
  'base64 for URLs': (text) => Buffer.from(text).toString('base64url'),
  'base64 with a line feed': (text) => Buffer.from(`${text}\n`).toString('base64'),
  'base64 of basic authentication': (text) => Buffer.from(`us:${text}`).toString('base64'),
  'base64 behind a name and before a line feed': (text) => Buffer.from(`u:${text}\n`).toString('base64'),
  hex: (text) => Buffer.from(text).toString('hex'),
  'hex in capitals': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  'percent escapes': (text) => encodeURIComponent(text),
  'percent escapes in small letters': (text) =>
    encodeURIComponent(text).replace(/%[0-9A-F]{2}/g, (triplet) => triplet.toLowerCase()),
  'a form': (text) => new URLSearchParams({q: text}).toString(),
  JSON: (text) => JSON.stringify(text),
  'JSON in JSON': (text) => JSON.stringify(JSON.stringify({text})),
  'JSON that HTML may hold': (text) => JSON.stringify(text).replace(/[<>&]/g, toUnicodeEscape),
  'JSON in ASCII': (text) => JSON.stringify(text).replace(/[^ -~]/g, toUnicodeEscape),
  XML: (text) => escapeMarkup(text, '&apos;'),
  HTML: (text) => escapeMarkup(text, '&#39;'),
  'HTML in JSON': (text) => JSON.stringify(escapeMarkup(text, '&#39;')),
  'single quotes of a shell': (text) => `'${text.replaceAll("'", "'\\''")}'`,
  'double quotes of a shell': (text) => `"${text.replace(/["$`\\]/g, '\\$&')}"`,
  'HTML in JSON in JSON': (text) => JSON.stringify(JSON.stringify(escapeMarkup(text, '&#39;'))),
  'a shell word in JSON in JSON': (text) => JSON.stringify(JSON.stringify(`"${text.replace(/["$`\\]/g, '\\$&')}"`)),
  'a shell word in JSON': (text) => JSON.stringify(`'${text.replaceAll("'", "'\\''")}'`),
};

const secretText = fc
  .string({unit: 'grapheme', minLength: 8, maxLength: 60})
  .filter((text) => text.trim() === text && text.length >= 8);

describe('redact/redactor', () => {
  it.each(Object.entries(encodings))('finds and removes a secret in %s', (_name, encode) => {
    fc.assert(
      fc.property(secretText, fc.lorem(), fc.lorem(), (secret, before, after) => {
        const redactor = createRedactor();
        redactor.add(secret, 'it');
        const text = `${before} ${encode(secret)} ${after}`;

        const redacted = redactor.redact(text);

        expect(redactor.find(text)).toEqual(['it']);
        expect(redacted).toContain('[REDACTED:it]');
        expect(redacted).not.toContain(secret);
        expect(redactor.find(redacted)).toEqual([]);
      }),
    );
  });

  it('leaves text without a secret alone', () => {
    const redactor = createRedactor();
    redactor.add('correct horse battery staple', 'a');
    redactor.add('s.8vQ1rZ0LxT4yN2', 'b');

    fc.assert(
      fc.property(fc.string({unit: 'grapheme'}), (text) => {
        expect(redactor.redact(text)).toBe(text);
        expect(redactor.find(text)).toEqual([]);
      }),
    );
  });

  it('finds what a search for every secret finds', () => {
    const word = fc.string({unit: fc.constantFrom('a', 'b'), minLength: 6, maxLength: 12});
    fc.assert(
      fc.property(fc.array(word, {minLength: 1, maxLength: 8}), fc.array(word), (secrets, texts) => {
        const redactor = createRedactor();
        for (const secret of secrets) redactor.add(secret, secret);
        const text = texts.join(' ');

        const redacted = redactor.redact(text);

        expect(secrets.filter((secret) => redacted.replace(/\[REDACTED:\w+\]/g, ' ').includes(secret))).toEqual([]);
        expect(redactor.find(text).length > 0).toBe(secrets.some((secret) => text.includes(secret)));
      }),
    );
  });

  it('removes each line of a secret', () => {
    const redactor = createRedactor();
    redactor.add('-----BEGIN KEY-----\n  MHcCAQEEIA1\r\nq83vEjRWeJ0\n-----END KEY-----\n', 'key');

    const redacted = redactor.redact('a MHcCAQEEIA1 b q83vEjRWeJ0 c -----BEGIN KEY-----');

    expect(redacted).toBe('a [REDACTED:key] b [REDACTED:key] c -----BEGIN KEY-----');
  });

  it('removes each text of a JSON secret', () => {
    const redactor = createRedactor();
    redactor.add('{"user":"u-7f2c91","nested":[{"password":"pa55\\"word"}],"port":5432}', 'db');

    const redacted = redactor.redact('login u-7f2c91 with pa55"word on 5432');

    expect(redacted).toBe('login [REDACTED:db] with [REDACTED:db] on 5432');
  });

  it('merges secrets that overlap', () => {
    const redactor = createRedactor();
    redactor.add('abcdefgh', 'first');
    redactor.add('efghijkl', 'second');

    expect(redactor.redact('x abcdefghijkl y')).toBe('x [REDACTED:first] y');
  });

  it('takes the longest of secrets that begin alike', () => {
    const redactor = createRedactor();
    redactor.add('hvs.CAESIJ', 'short');
    redactor.add('hvs.CAESIJ-and-more', 'long');

    expect(redactor.redact('hvs.CAESIJ-and-more, hvs.CAESIJ')).toBe('[REDACTED:long], [REDACTED:short]');
  });

  it('refuses a secret of five characters', () => {
    const redactor = createRedactor();

    expect(() => redactor.add('12345', 'pin')).toThrow('Expected secret `pin` to have at least 6 characters');
    expect(() => redactor.add('  12345  ', 'pin')).toThrow('pin');
    expect(redactor.size).toBe(0);
  });

  it('counts each secret once', () => {
    const redactor = createRedactor();
    redactor.add('correct horse', 'a');
    redactor.add('correct horse', 'b');

    expect(redactor.size).toBe(1);
    expect(redactor.find('correct horse')).toEqual(['a']);
  });

  it('keeps a marker that holds the secret in its label', () => {
    const redactor = createRedactor();
    redactor.add('password', 'db-password');

    const redacted = redactor.redact('it is password');

    expect(redacted).toBe('it is [REDACTED:db-password]');
    expect(redactor.redact(redacted)).toBe(redacted);
    expect(redactor.find('[REDACTED:password]')).toEqual(['db-password']);
  });

  it('keeps markers far into a text, and takes nothing for one that is none', () => {
    const redactor = createRedactor();
    redactor.add('password', 'db-password');
    const before = 'x'.repeat(500);

    expect(redactor.redact(`${before}[REDACTED:db-password]`)).toBe(`${before}[REDACTED:db-password]`);
    expect(redactor.find(`${before}[REDACTED:db-password`)).toEqual(['db-password']);
    expect(redactor.find(`[REDACTED:db-password] password ]`)).toEqual(['db-password']);
    expect(redactor.find(`password ]`)).toEqual(['db-password']);
    expect(redactor.find(`[REDACTED:other-password]`)).toEqual(['db-password']);
    expect(redactor.find('] password')).toEqual(['db-password']);
  });

  it('keeps a marker wherever its secret stands in it', () => {
    const redactor = createRedactor();
    const longest = `${'l'.repeat(56)}password`;
    redactor.add('password', longest);
    redactor.add('pass-word]', 'my-pass-word');
    const marker = `[REDACTED:${longest}]`;

    for (const text of [marker, `x${marker}`, `] ${marker}`, '[REDACTED:my-pass-word]']) {
      expect(redactor.redact(text)).toBe(text);
    }
  });

  it('keeps secrets apart that stand side by side', () => {
    const redactor = createRedactor();
    redactor.add('abcdefgh', 'first');
    redactor.add('ijklmnop', 'second');

    expect(redactor.redact('abcdefghijklmnop')).toBe('[REDACTED:first][REDACTED:second]');
  });

  it('cuts a label that is longer than a marker may be', () => {
    const redactor = createRedactor();
    redactor.add('correct horse', 'l'.repeat(100));

    expect(redactor.redact('correct horse')).toBe(`[REDACTED:${'l'.repeat(64)}]`);
  });

  it('makes a label safe inside a JSON string', () => {
    const redactor = createRedactor();
    redactor.add('correct horse', 'a "quoted" \\ label');

    expect(JSON.parse(redactor.redact('{"text":"correct horse"}'))).toEqual({text: '[REDACTED:a-quoted-label]'});
  });
});

function toUnicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function escapeMarkup(text: string, apostrophe: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", apostrophe);
}
