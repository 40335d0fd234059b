// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like it
import {describe, expect, it} from 'vitest';
import {expectMistake, type Mistake} from '../expect-mistake.ts';
import {loadText, problemsOf} from '../load-flagship.ts';

const mistakes: Readonly<Record<string, Mistake>> = {
  'an access counted from an unknown step': {
    code: 'unknown-step',
    edits: [['denied-within: 20s}', 'denied-within: 20s, after: «revoke-token}']],
    suggestion: 'revoke-tokens',
  },
  'a credential that is expected to be unreachable': {
    code: 'unreachable-credential',
    edits: [
      [
        '"${{ capture.token.token }}"}, denied-within',
        '"${{ capture.token.token }}"}, expect: [denied, «unreachable], denied-within',
      ],
    ],
  },
  'a held session of a probe that holds none': {
    code: 'not-holdable',
    edits: [
      ['login-again:     {uses: vault/approle-login,', 'login-again:     {uses: vault/approle-login, session: «held,'],
    ],
  },
  'an instance that the probe can not see': {
    code: 'no-instance',
    edits: [
      [
        'uses: http/get, with: {url: "${{ vars.checkout }}/orders", status: [200]}, every: 250ms, availability: 100%, instance',
        'uses: http/ping, with: {url: "${{ vars.checkout }}/orders"}, every: 250ms, availability: 100%, «instance',
      ],
    ],
  },
  'an instance in another form': {
    code: 'bad-input',
    edits: [['instance: json.startedAt', 'instance: «startedAt']],
  },
  'an instance of the integration that the probe can not see': {
    code: 'no-instance',
    edits: [['token:           {uses: vault/token,', 'token:           {uses: vault/token, «instance: result.pid,']],
  },
  'an instance where nobody compares it': {
    code: 'no-instance',
    says: 'Expected `instance` beside `with`',
    edits: [['/ask", status: [200]}', '/ask", status: [200], «instance: json.startedAt}']],
  },
  'a dependent with the name of an access': {
    code: 'duplicate-probe',
    edits: [['  assistant: {uses', '  «tool: {uses']],
  },
  'an instance of the integration in another form': {
    code: 'bad-input',
    edits: [['instance: result._meta.startedAt', 'instance: «json.startedAt']],
  },
};

describe('drill/rules/check-access', () => {
  it.each(Object.entries(mistakes))('points at %s', async (_what, mistake) => {
    await expectMistake(mistake);
  });

  it('asks for one access with a credential where the integration has an identity', async () => {
    const drill = (identities: string) => `version: 1
name: x
title: x
integration: {name: x, owner: me, environment: staging, identities: ${identities}}
guard: {allow: [{mcp: "http://127.0.0.1:1/mcp"}, {command: [node, stop.ts]}]}
connections:
  x: {driver: mcp, url: "http://127.0.0.1:1/mcp"}
access:
  tool: {uses: mcp/call-tool, on: x, with: {tool: t}, expect: [unreachable], denied-within: 5s}
shutdown:
  - id: stop
    uses: command/run
    with: {argv: [node, stop.ts]}
    check: {uses: mcp/call-tool, on: x, with: {tool: t}, expect: [unreachable]}
    rollback: {none: x}
audit: {command: {blind: x}}
`;

    const withIdentity = problemsOf(await loadText(drill('[{vault: {approle: x}}]')));
    const without = problemsOf(await loadText(drill('[]')));

    expect(withIdentity.map(({code, path}) => [code, path])).toEqual([['no-credential', 'access']]);
    expect(without).toEqual([]);
  });
});
