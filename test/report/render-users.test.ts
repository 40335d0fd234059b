import {describe, expect, it} from 'vitest';
import {renderUsers} from '../../src/report/render-users.ts';

const use = {path: 'database/creds/orders', addresses: ['10.0.0.1'], times: 3, lastAt: '2026-11-28T10:00:00.123456Z'};
const since = Date.parse('2026-11-22T00:00:00Z');
const render = (...systems: Parameters<typeof renderUsers>[0]['systems']): string =>
  renderUsers({systems, notLookedAt: []}, {since, width: 120});

describe('report/render-users', () => {
  it('names whom nobody declared before the others', () => {
    const page = render({
      system: 'vault',
      takes: ['database/creds/orders'],
      uses: [
        {...use, who: 'approle orders-mcp', isDeclared: true},
        {...use, who: 'token-billing\u001b[31m', isDeclared: false},
      ],
    });

    expect(page).toBe(`WHO USES WHAT THIS TAKES from vault, on record since 2026-11-22T00:00:00.000Z
  takes  database/creds/orders

NOT DECLARED: breaks when this is removed
  token-billing\\u{1b}[31m  database/creds/orders  3×  last 2026-11-28T10:00:00.123Z  10.0.0.1

Declared
  approle orders-mcp  database/creds/orders  3×  last 2026-11-28T10:00:00.123Z  10.0.0.1
`);
  });

  it('says that there is nobody, from when, or why it is not known', () => {
    expect(render({system: 'vault', takes: ['x'], uses: [], from: '2026-11-25T00:00:00.000Z'})).toContain(
      'on record since 2026-11-25T00:00:00.000Z\n  takes  x\n\nNobody that the drill does not declare.',
    );
    expect(render({system: 'vault', takes: ['x'], uses: [], unknown: 'nobody records it'})).toBe(
      'WHO USES WHAT THIS TAKES from vault\n  takes  x\n  not known: nobody records it\n',
    );
    const part = render({
      system: 'vault',
      takes: ['x'],
      uses: [{...use, who: 'a', isDeclared: false}],
      unknown: 'half of it',
    });
    expect(part).toContain('not known: half of it');
    expect(part).toContain('NOT DECLARED');
  });

  it('names the steps of which no record tells', () => {
    const notLookedAt = [
      {step: 'stop-server', uses: 'command/run'},
      {step: 'end-sessions', uses: 'postgres/end-sessions'},
    ];
    const alone = renderUsers({systems: [], notLookedAt}, {since, width: 120});
    const beside = renderUsers(
      {systems: [{system: 'vault', takes: ['x'], uses: []}], notLookedAt},
      {since, width: 120},
    );

    expect(alone).toBe(
      'NOT LOOKED AT: who is served by what these take stands in no record that is read\n  stop-server (command/run)  end-sessions (postgres/end-sessions)\n',
    );
    expect(beside).toBe(
      `${renderUsers({systems: [{system: 'vault', takes: ['x'], uses: []}], notLookedAt: []}, {since, width: 120})}\n${alone}`,
    );
  });
});
