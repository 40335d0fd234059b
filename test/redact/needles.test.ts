import {describe, expect, it} from 'vitest';
import {needlesOf} from '../../src/redact/needles.ts';

describe('redact/needles', () => {
  it.each([
    ['a slash escaped in JSON', 'pass/word', 'pass\\/word'],
    ['what only strict percent escapes touch', "it's(me)*!", 'it%27s%28me%29%2A%21'],
    ['strict percent escapes in small letters', "it's(me)*!", 'it%27s%28me%29%2a%21'],
    ['a plus for a space', 'two words', 'two+words'],
    ['a plus for a space alone', "it's two", "it's+two"],
    ['a field of a form', 'a ~ b ~ c', 'a+%7E+b+%7E+c'],
    ['a percent escape for a space', 'two words', 'two%20words'],
    ['less and greater in markup', '<secret>', '&lt;secret&gt;'],
    ['an ampersand in markup', 'salt&pepper', 'salt&amp;pepper'],
    ['a quote in an attribute', 'say "please"', 'say &quot;please&quot;'],
    ['an apostrophe as a decimal', "don't tell", 'don&#39;t tell'],
    ['an apostrophe in hexadecimal', "don't tell", 'don&#x27;t tell'],
    ['an apostrophe by name', "don't tell", 'don&apos;t tell'],
    ['an apostrophe ended and escaped for a shell', "don't tell", "don'\\''t tell"],
    ['an apostrophe in double quotes for a shell', "don't tell", `don'"'"'t tell`],
    ['double quotes escaped', 'say "please"', 'say \\"please\\"'],
    ['double quotes escaped, and nothing else', 'back\\slash "q"', 'back\\slash \\"q\\"'],
    ['a dollar in double quotes of a shell', 'cost$of`it', 'cost\\$of\\`it'],
    ['each unusual character escaped for a shell', 'two words!', 'two\\ words\\!'],
    ['hex', 'secret', '736563726574'],
    ['hex in capitals', 'secret~~~', '7365637265747E7E7E'],
    ['characters beyond ASCII as JSON escapes', 'geheimnüß', 'geheimn\\u00fc\\u00df'],
    ['what HTML acts on as JSON escapes', '<secret>', '\\u003csecret\\u003e'],
    ['base64 for URLs', 'secret??>>', 'c2VjcmV0Pz8-P'],
  ])('has %s', (_what, secret, form) => {
    expect([...needlesOf(secret)]).toContain(form);
  });

  it('takes each line of a secret, but not the boundaries of a PEM file', () => {
    const pem = ['-----BEGIN PRIVATE KEY-----', 'MIIEvQIBADANBgkq', '-----END PRIVATE KEY-----'].join('\n');

    const needles = needlesOf(pem);

    expect(needles).toContain('MIIEvQIBADANBgkq');
    expect(needles).not.toContain('-----BEGIN PRIVATE KEY-----');
    expect(needlesOf('before -----BEGIN KEY-----\nsecond line')).toContain('before -----BEGIN KEY-----');
    expect(needlesOf('-----BEGIN KEY----- after\nsecond line')).toContain('-----BEGIN KEY----- after');
  });

  it('takes a line without the blanks around it', () => {
    expect(needlesOf('  first line \r\n\r\n\t second line  ')).toContain('second line');
    expect(needlesOf('   padded secret   ')).toContain('padded secret');
    expect(needlesOf('  two\nlines  ')).toContain('two\nlines');
  });

  it('takes no line that is too short to be told from words', () => {
    const needles = needlesOf('a long enough line\nshort\n  blank  ');

    expect(needles).not.toContain('short');
    expect(needles).not.toContain(Buffer.from('short').toString('hex'));
    expect(needles).not.toContain(Buffer.from('  blank  ').toString('hex'));
  });

  it('takes each string of a JSON document, and nothing of what only looks like one', () => {
    expect(needlesOf(' {"user": "alexander", "keys": ["first-key", 12345678]}')).toContain('alexander');
    expect(needlesOf('["first-key"]')).toContain('first-key');
    expect(needlesOf('"quoted text"')).toContain('quoted text');
    expect([...needlesOf('[not json at all')].some((needle) => needle === 'not json at all')).toBe(false);
    for (const withoutBlanks of ['["first-key"]', '12345678', '[not-json']) {
      expect([...needlesOf(withoutBlanks)].filter((needle) => needle.includes(' '))).toEqual([]);
    }
  });

  it('has nothing shorter than six characters', () => {
    expect([...needlesOf('      x')]).toEqual([]);
    for (const secret of ['secret', 'a\nbcdefgh', '{"a":"bcdefgh"}', '      x']) {
      expect([...needlesOf(secret)].filter((needle) => needle.length < 6)).toEqual([]);
    }
  });
});
