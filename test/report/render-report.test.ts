import {describe, expect, it} from 'vitest';
import {renderPlan} from '../../src/report/render-plan.ts';
import {renderReport} from '../../src/report/render-report.ts';
import {judge} from '../../src/verdict/judge.ts';
import type {RunResult} from '../../src/verdict/result.ts';
import {entriesOf, find, type JournalCase} from '../verdict/journals.ts';

const resultOf = (name: JournalCase): RunResult => judge(entriesOf(name));
const render = (result: RunResult, width = 80): string => renderReport(result, {color: false, width});
const flat = (text: string): string => text.replace(/\s+/g, ' ');

describe('report/render-report', () => {
  it('begins with the verdict, what it is of, and the exit code', () => {
    expect(render(resultOf('pass')).split('\n').slice(0, 3)).toEqual([
      expect.stringMatching(/^VERDICT {2}PASS {3}orders-mcp {3}[\d.]+s {3}exit 0$/),
      expect.stringMatching(/^run {10}\S+-orders-mcp-\w+$/),
      'integration  orders-mcp in staging',
    ]);
  });

  it('says in words what survived', () => {
    const report = render(resultOf('token-only'));

    expect(report).toMatch(/^VERDICT {2}FAIL/);
    expect(report).toContain('✘ unmet     access-removed');
    expect(flat(report)).toContain('`login-again` survives: `vault/approle-login` was still allowed (200)');
    expect(report).toMatch(/^db-held-session +survives +never/m);
  });

  it('says that a run stopped at the baseline as asked', () => {
    const report = render(resultOf('until-baseline'));

    expect(flat(report)).toContain('stopped after the baseline, as asked; it held, and nothing was changed.');
    expect(report).not.toContain('was not started');
  });

  it('says what was interrupted and came back', () => {
    const report = render(resultOf('interrupted'));

    expect(report).toMatch(/^VERDICT {2}INCONCLUSIVE .*, interrupted {3}exit 130$/m);
    expect(report).toMatch(/revoke-leases +vault\/revoke-leases +in-doubt/);
  });

  it('puts what is left to do by hand before everything else', () => {
    const left = ['Step `revoke-leases`: take a new database user and deliver it to the server.', 'Step `b`: c.'];

    const lines = render({...resultOf('pass'), exitCode: 4, left}).split('\n');

    expect(lines.slice(4, 8)).toEqual([
      'LEFT TO DO BY HAND: staging is not as it was',
      '  1. Step `revoke-leases`: take a new database user and deliver it to the',
      '     server.',
      '  2. Step `b`: c.',
    ]);
  });

  it('breaks no command that is left to do, and cuts none', () => {
    const command = `  vault write ${'a-long-path/'.repeat(20)} x=1`;
    const left = [
      'Step `b`: do it.',
      ['Step `a`: in a shell, then look at it, and do not forget anything of it:', '(', command, ')'].join('\n'),
    ];

    const lines = render({...resultOf('pass'), exitCode: 4, left}).split('\n');

    expect(lines.slice(5, 11)).toEqual([
      '  1. Step `b`: do it.',
      '  2. Step `a`: in a shell, then look at it, and do not forget anything of it:',
      '       (',
      `       ${command}`,
      '       )',
      '',
    ]);
  });

  it('lists blind spots and what was audited, in every report', () => {
    for (const name of ['pass', 'token-only', 'interrupted'] as const) {
      expect(flat(render(resultOf(name)))).toContain(
        'blind command: who starts processes on this host is not recorded',
      );
      expect(render(resultOf(name))).toMatch(/audited {4}vault: \d+ entries, complete to /);
    }
  });

  it('shows what somebody changed', () => {
    const event = {
      system: 'vault',
      time: '2026-01-01T00:00:00Z',
      operation: 'update',
      path: 'sys/policies/acl/orders-mcp',
      effect: 'change',
      phase: 'rollback',
      accessor: 'hmac-sha256:abc',
      followedBy: [],
    };
    const result = resultOf('pass');

    const report = render({...result, manualRecovery: {...result.manualRecovery, state: 'detected', events: [event]}});

    expect(report).toContain('MANUAL RECOVERY  detected');
    expect(flat(report)).toContain(
      'found 2026-01-01T00:00:00Z vault: update sys/policies/acl/orders-mcp (change, during rollback) by hmac-sha256:abc',
    );
  });

  it('tells of every trouble on the way', () => {
    const troubles = ['release of capture db-user, generation 2: Expected an answer, got none. (timeout)'];

    const report = render({...resultOf('pass'), troubles});

    expect(flat(report)).toContain('TROUBLE ON THE WAY - release of capture db-user, generation 2: Expected an answer');
    expect(render(resultOf('pass'))).not.toContain('TROUBLE');
  });

  it('tells how often each state was seen, and what was skipped last', () => {
    const result = resultOf('pass');
    const {token} = result.access;
    if (token === undefined) throw new Error('no token');
    const samples = {skipped: 2, allowed: 1, denied: 3, unreachable: 0, indeterminate: 1};

    const report = render({...result, access: {token: {...token, samples}}}, 120);

    expect(report).toContain('1 allowed, 3 denied, 1 indeterminate, 2 skipped');
  });

  it('tells an access that flipped back from one that lives', () => {
    const result = resultOf('pass');
    const {token} = result.access;
    if (token === undefined) throw new Error('no token');
    const flip = {deadAt: 'x', allowedAt: 'x', allowedAfterMs: 1200, deadAgainAt: 'x', allowedForMs: 800};
    const report = (stayedDead: boolean): string =>
      render({...result, access: {token: {...token, surface: 'survives', flips: [{...flip, stayedDead}]}}});

    expect(report(true)).toMatch(/^token +survives, flipped back for 800ms/m);
    expect(report(false)).toMatch(/^token {3}survives {2,}308ms/m);
  });

  it('tells what was in force only later, and what died late in a step', () => {
    const result = resultOf('pass');
    const {token} = result.access;
    const [step] = result.steps;
    if (token === undefined || step === undefined) throw new Error('no token, or no step');
    const report = (ms: number): string => {
      const diedIn = {step: 'stop-server', deniedAfterMs: [0, ms] as [number, number]};
      const late = {...step, inForceAfterMs: ms, rollbackInForceAfterMs: ms};
      return render({...result, access: {token: {...token, diedIn}}, steps: [late]}, 160);
    };

    expect(report(3200)).toMatch(/^token .* 336ms, 3\.2s after stop-server began {2}/m);
    expect(report(3200)).toMatch(/^stop-server .*ms, in force after 3\.2s {2}succeeded, in force after 3\.2s$/m);
    expect(report(999)).not.toMatch(/in force|stop-server began/);
  });

  it('says when it was an emulator', () => {
    expect(render({...resultOf('pass'), target: 'emulator'})).toContain('an emulator: proves the order of things');
  });

  it.each([80, 120, 200])('is no wider than %i columns', (width) => {
    for (const name of ['pass', 'token-only', 'interrupted', 'until-baseline'] as const) {
      const tooWide = render(resultOf(name), width)
        .split('\n')
        .filter((line) => line.length > width);

      expect(tooWide, name).toEqual([]);
    }
  });

  it('counts wide characters by their columns', () => {
    const result = resultOf('pass');
    const {token} = result.access;
    if (token === undefined) throw new Error('no token');
    const restored = {state: 'unmet' as const, reasons: [Array.from({length: 20}, () => '注文注文').join(' ')]};

    const lines = render({
      ...result,
      access: {注文: token, abcd: token},
      criteria: {...result.criteria, restored},
    }).split('\n');

    expect(lines.find((line) => line.startsWith('注文'))?.indexOf('dead')).toBe('注文    '.length);
    expect(lines.find((line) => line.startsWith('abcd'))?.indexOf('dead')).toBe('ACCESS  '.length);
    expect(lines.filter((line) => line.includes('注文注文')).every((line) => line.trim().length <= 44)).toBe(true);
  });

  it('colours only where it is told to, and means the same without', () => {
    const colored = renderReport(resultOf('token-only'), {color: true, width: 80});

    // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
    expect(colored.replace(/\u001b\[\d+m/g, '')).toBe(render(resultOf('token-only')));
    expect(colored).not.toBe(render(resultOf('token-only')));
  });

  it('lets no character from outside drive the terminal', () => {
    const result = resultOf('pass');
    const evil = '\u001b[2J\u0007\r\u202e';

    const report = render({
      ...result,
      integration: evil,
      drill: {...result.drill, name: evil},
      access: {[evil]: Object.values(result.access)[0] ?? never()},
      left: [evil, `a\n${evil}`],
      manualRecovery: {...result.manualRecovery, blind: [{system: evil, why: evil}]},
      criteria: {...result.criteria, restored: {state: 'unmet', reasons: [evil]}},
    });

    for (const driving of ['\u001b', '\u0007', '\r', '\u202e']) expect(report).not.toContain(driving);
    expect(report).toContain('\\u{1b}[2J');
  });
});

describe('report/render-plan', () => {
  const plan = find(entriesOf('pass'), 'run.planned');

  it('shows what is touched, captured, removed, watched and brought back', () => {
    const text = renderPlan(plan, {width: 80});

    expect(flat(text)).toContain('must say it is offdrill-lab');
    expect(text).toMatch(/holdings +vault\/holdings +what it really holds/);
    expect(text).toMatch(/db-held-session +postgres\/query \(held\) +denied within 10s/);
    expect(flat(text)).toContain('1. ! stop-server command/run argv: [node, lab/cli.ts, stop, orders-mcp]');
    expect(text).not.toContain('read back within');
    expect(flat(text)).toContain('rollback none: the server takes a new database user when it starts');
    expect(flat(text)).toContain('shop not recorded: this PostgreSQL keeps no statement log');
  });

  it('shows how long a change may take to be read back where that is another time than anywhere', () => {
    const [first] = plan.steps;
    const slow = {...(first ?? never()), withinMs: 120_000};

    const text = flat(renderPlan({...plan, steps: [slow]}, {width: 80}));

    expect(text).toContain('stop, orders-mcp] (read back within 2m) rollback');
    expect(text).toContain('start, orders-mcp] (read back within 2m) SETTLE');
  });

  it.each([80, 120])('is no wider than %i columns', (width) => {
    const tooWide = renderPlan(plan, {width})
      .split('\n')
      .filter((line) => line.length > width);

    expect(tooWide).toEqual([]);
  });

  it('lets no character of the drill drive the terminal', () => {
    const text = renderPlan({...plan, drill: {...plan.drill, title: '\u001b[2J'}}, {width: 80});

    expect(text).not.toContain('\u001b');
  });
});

function never(): never {
  throw new Error('no access');
}
