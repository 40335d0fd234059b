import {describe, expect, it} from 'vitest';
import {canRepaint, chooseReporter} from '../../src/report/create-progress.ts';
import {Screen} from './screen.ts';

describe('report/create-progress', () => {
  it.each([
    ['live', 'a terminal', true, {TERM: 'xterm'}],
    ['live', 'a terminal with CI set to nothing', true, {CI: ''}],
    ['line', 'a pipe', false, {TERM: 'xterm'}],
    ['line', 'a dumb terminal', true, {TERM: 'dumb'}],
    ['line', 'CI, even with a terminal', true, {CI: 'true'}],
    ['line', 'GitLab', false, {CI: 'true', GITLAB_CI: 'true'}],
    ['github', 'GitHub Actions', false, {CI: 'true', GITHUB_ACTIONS: 'true'}],
    ['line', 'a variable that says no', false, {GITHUB_ACTIONS: 'false'}],
  ])('chooses %s for %s', (reporter, _where, isTTY, env) => {
    expect(chooseReporter({stream: new Screen({isTTY}).stream, env})).toBe(reporter);
  });

  it.each([
    [true, true, {CI: 'true'}],
    [false, false, {}],
    [false, true, {TERM: 'dumb'}],
  ])('says %s to repainting where a terminal is %s and the environment %j', (expected, isTTY, env) => {
    expect(canRepaint({stream: new Screen({isTTY}).stream, env})).toBe(expected);
  });
});
