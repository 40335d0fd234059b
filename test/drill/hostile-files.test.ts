import {describe, expect, it} from 'vitest';
import {drillOf, flagship, loadText, problemsOf} from './load-flagship.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function bomb(): string {
  const levels = Array.from({length: 9}, (_, level) => {
    const items = Array.from({length: 9}, () => (level === 0 ? 'lol' : `*l${level - 1}`));
    return `l${level}: &l${level} [${items.join(', ')}]`;
  });
  return `${levels.join('\n')}\n`;
}

describe('drill/load-drill: files that are no drills', () => {
  it('refuses a file of 10 MB', async () => {
    const problems = problemsOf(await loadText(new Uint8Array(10 << 20)));

    expect(problems).toMatchObject([{code: 'too-large', line: 1, column: 1}]);
    expect(problems[0]?.message).toContain('10485760 bytes');
  });

  it('reads a file of 1 MiB', async () => {
    const filled = `${flagship}#${'x'.repeat((1 << 20) - flagship.length - 1)}`;

    expect(bytes(filled)).toHaveLength(1 << 20);
    expect(problemsOf(await loadText(filled))).toEqual([]);
  });

  it('says at which byte a file is not UTF-8', async () => {
    const text = new Uint8Array([...bytes('version: 1\nname: é'), 0xe9, ...bytes('x\n')]);

    const problems = problemsOf(await loadText(text));

    expect(problems).toMatchObject([{code: 'not-utf8', line: 2, column: 8}]);
    expect(problems[0]?.message).toContain('byte 19');
  });

  it('refuses a file that ends within a character', async () => {
    const problems = problemsOf(await loadText(bytes('name: é').subarray(0, 7)));

    expect(problems).toMatchObject([{code: 'not-utf8', line: 1, column: 7}]);
    expect(problems[0]?.message).toContain('byte 6');
  });

  it('refuses UTF-16', async () => {
    const problems = problemsOf(await loadText(new Uint8Array(Buffer.from(`\uFEFF${flagship}`, 'utf16le'))));

    expect(problems).toMatchObject([{code: 'not-utf8', line: 1, column: 1}]);
  });

  it('reads a file with a byte order mark', async () => {
    const marked = await loadText(new Uint8Array([0xef, 0xbb, 0xbf, ...bytes(flagship)]));
    const plain = await loadText(flagship);

    expect(drillOf(marked).locate(['name'])).toEqual(drillOf(plain).locate(['name']));
  });

  it('reads a file with Windows line ends', async () => {
    const {drill} = drillOf(await loadText(flagship.replaceAll('\n', '\r\n')));

    expect(drill.title).toBe('The orders MCP server can be removed today');
  });

  it.each(['', '# only a comment\n', '---\n'])('refuses a file that holds nothing: %j', async (text) => {
    expect(problemsOf(await loadText(text))).toMatchObject([{code: 'empty', line: 1}]);
  });

  it.each(['42', '- a list\n', 'some words'])('refuses a file that is no mapping: %j', async (text) => {
    expect(problemsOf(await loadText(text))).toMatchObject([{code: 'bad-value', line: 1}]);
  });

  it('refuses a tag where a string was meant, which YAML reads as nothing', async () => {
    const problems = problemsOf(await loadText('version: 1\nname: !has(x)\n'));

    expect(problems).toMatchObject([{code: 'unknown-tag', line: 2, column: 7, length: 7}]);
    expect(problems[0]?.message).toContain('single quotes');
  });

  it('refuses a tag of YAML that no drill needs', async () => {
    expect(problemsOf(await loadText('version: 1\nname: !!binary aGk=\n'))).toMatchObject([
      {code: 'unknown-tag', line: 2},
    ]);
  });

  it('refuses an alias bomb and says so', async () => {
    const problems = problemsOf(await loadText(bomb()));

    expect(problems).toMatchObject([{code: 'alias-bomb'}]);
    expect(problems[0]?.message).toContain('aliases');
  });

  it('refuses an alias that holds itself', async () => {
    expect(problemsOf(await loadText('name: &a [*a]\n'))).toMatchObject([{code: 'alias-bomb', line: 1, column: 11}]);
  });

  it('reads aliases that only share settings', async () => {
    const shared = flagship
      .replace('with: {member-of: orders_mcp_users}}', 'with: &members {member-of: orders_mcp_users}}')
      .replace('on: shop, with: {member-of: orders_mcp_users}, rollback', 'on: shop, with: *members , rollback');

    const {drill} = drillOf(await loadText(shared));

    expect(drill.shutdown[4]?.with).toEqual({'member-of': 'orders_mcp_users'});
  });

  it.each([
    ['an alias without an anchor', 'name: *missing\n', 1],
    ['a second document', 'version: 1\n---\nversion: 1\n', 2],
    ['another version of YAML, in which words are booleans', '%YAML 1.1\n---\nname: on\n', 1],
    ['merge keys', 'name: &a {b: c}\ntitle:\n  <<: *a\n', 3],
    ['a mapping as a key', '? {a: b}\n: c\n', 1],
    ['a key that changes what objects are', 'version: 1\n__proto__: {name: x}\n', 2],
    ['a list that does not end', 'version: 1\nname: [a\n', 3],
    ['a tab as indentation', 'integration:\n\tname: x\n', 2],
  ])('refuses %s', async (_what, text, line) => {
    expect(problemsOf(await loadText(text))[0]).toMatchObject({code: 'yaml-error', line});
  });

  it('refuses what the YAML parser only warns about', async () => {
    expect(problemsOf(await loadText('%FOO\n---\nname: x\n'))).toMatchObject([{code: 'yaml-warning', line: 1}]);
  });

  it.each(['[', '{', '- ', '? '])('refuses many levels of %j', async (opening) => {
    const problems = problemsOf(await loadText(opening.repeat(5000)));

    expect(problems.map(({code}) => code)).toContain('too-deep');
  });

  it('refuses levels that the parser can still read', async () => {
    const problems = problemsOf(await loadText(`name: ${'['.repeat(100)}${']'.repeat(100)}\n`));

    expect(problems).toMatchObject([{code: 'too-deep', line: 1}]);
  });

  it('reads yes, no and on as words', async () => {
    const {drill} = drillOf(await loadText(flagship.replace('owner: payments-platform@example.com', 'owner: yes')));

    expect(drill.integration.owner).toBe('yes');
  });
});
