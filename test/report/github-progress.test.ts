import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {withoutCommands} from '../../src/report/github-commands.ts';
import {createGithubProgress} from '../../src/report/github-progress.ts';
import {judge} from '../../src/verdict/judge.ts';
import {stopTime} from '../run/manual-time.ts';
import {entriesOf, find, type JournalCase} from '../verdict/journals.ts';
import {entry} from './entries.ts';
import {Screen} from './screen.ts';

const plan = find(entriesOf('pass'), 'run.planned');

describe('report/github-progress', () => {
  let time: ReturnType<typeof stopTime>;
  beforeEach(() => {
    time = stopTime();
  });
  afterEach(() => vi.useRealTimers());

  const start = (screen: Screen, file = 'drills/orders-mcp.yaml') =>
    createGithubProgress({
      stream: screen.stream,
      env: {GITHUB_WORKSPACE: process.cwd()},
      color: false,
      clock: time.clock,
      plan: {...plan, drill: {...plan.drill, file}},
    });

  const linesOf = (name: JournalCase): readonly string[] => {
    const screen = new Screen({isTTY: false});
    const progress = start(screen);
    for (const each of entriesOf(name)) progress.entry(each);
    progress.judged(judge(entriesOf(name)));
    progress.close();
    return screen.written.split('\n').filter((line) => line !== '');
  };
  const commands = (lines: readonly string[], name: string) => lines.filter((line) => line.startsWith(`::${name}`));

  it('opens a group for each phase and closes it before the next', () => {
    const lines = linesOf('pass');

    const groups = lines.filter((line) => /^::(end)?group::/.test(line));
    expect(groups.slice(0, 4)).toEqual(['::group::guard', '::endgroup::', '::group::preflight', '::endgroup::']);
    expect(commands(groups, 'group')).toHaveLength(commands(groups, 'endgroup').length);
    expect(commands(groups, 'group')).toContain('::group::settle');
    expect(groups.at(-1)).toBe('::endgroup::');
  });

  it('annotates the drill file with what is unmet, as errors', () => {
    const errors = commands(linesOf('token-only'), 'error');

    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(
      /^::error file=drills\/orders-mcp\.yaml,title=orders-mcp-token-only%3A access-removed is unmet::`login-again` survives: .+%0A`db-held-session` survives/,
    );
  });

  it('annotates what is unproven with warnings', () => {
    const lines = linesOf('interrupted');

    expect(commands(lines, 'error')).toEqual([]);
    expect(commands(lines, 'warning').map((line) => line.split('::')[1]?.split('%3A ')[1])).toEqual([
      'shutdown is unproven',
      'access-removed is unproven',
    ]);
  });

  it.each(['pass', 'until-baseline'] as const)('annotates nothing where nothing more was to be shown: %s', (name) => {
    expect(linesOf(name).filter((line) => /^::(error|warning|notice)/.test(line))).toEqual([]);
  });

  it('annotates outside of any group', () => {
    const lines = linesOf('token-only');

    expect(lines.findIndex((line) => line.startsWith('::error'))).toBeGreaterThan(lines.lastIndexOf('::endgroup::'));
  });

  it('puts first what is left to do by hand', () => {
    const screen = new Screen({isTTY: false});

    start(screen).judged({...judge(entriesOf('token-only')), left: ['Step `a`: 100% by hand.', 'Step `b`: c.']});

    expect(screen.written.split('\n')[0]).toContain(
      'left to do by hand::  1. Step `a`: 100%25 by hand.%0A  2. Step `b`: c.',
    );
  });

  it('keeps commands that are left to do in one annotation, as they are', () => {
    const screen = new Screen({isTTY: false});

    start(screen).judged({...judge(entriesOf('token-only')), left: ["Step `a`: run:\n(\n  printf '%s' a::b\n)"]});

    expect(screen.written.split('\n')[0]).toContain(
      "by hand::  1. Step `a`: run:%0A       (%0A         printf '%25s' a::b%0A       )",
    );
  });

  it('escapes what would end a property or a command', () => {
    const screen = new Screen({isTTY: false});
    const result = judge(entriesOf('pass'));
    const restored = {state: 'unmet' as const, reasons: ['a%0A\r\n::add-mask::b']};

    start(screen, 'a,line=1::b:c%.yaml').judged({...result, criteria: {...result.criteria, restored}});

    expect(screen.written).toBe(
      '::error file=a%2Cline=1%3A%3Ab%3Ac%25.yaml,title=orders-mcp%3A restored is unmet::a%250A\\u{d}\\u{a}::add-mask::b\n',
    );
  });

  it('names a file by its path in the checkout', () => {
    const screen = new Screen({isTTY: false});

    start(screen, `${process.cwd()}/drills/a.yaml`).judged(judge(entriesOf('token-only')));

    expect(screen.written).toMatch(/^::error file=drills\/a\.yaml,/);
  });

  it('lets no text from outside become a command', () => {
    const screen = new Screen({isTTY: false});
    const progress = start(screen);

    progress.entry(
      entry('trouble', {where: '::error::x', code: 'failed', message: 'a\n::stop-commands::b\r##[group]c'}),
    );
    progress.close();

    for (const line of screen.written.split('\n')) {
      expect(line).not.toMatch(/^\s*::/);
      expect(line).not.toContain('##[');
    }
  });

  it('prints a report that is not obeyed', () => {
    expect(withoutCommands('  ::error::x', 'word')).toBe('::stop-commands::word\n  ::error::x\n::word::\n');
  });
});
