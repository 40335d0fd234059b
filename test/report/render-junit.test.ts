import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Entry} from '../../src/journal/entries.ts';
import {renderJunit} from '../../src/report/render-junit.ts';
import {judge} from '../../src/verdict/judge.ts';
import {change, entriesOf, type JournalCase, without} from '../verdict/journals.ts';
import {elementsOf, parseXml, type XmlElement} from './parse-xml.ts';

const cases: readonly JournalCase[] = ['pass', 'token-only', 'interrupted', 'until-baseline'];
const render = (entries: readonly Entry[]): string => renderJunit(judge(entries), entries);
const read = (entries: readonly Entry[]): XmlElement => parseXml(render(entries));

function caseOf(root: XmlElement, group: string, name: string): XmlElement {
  const found = elementsOf(root, 'testcase').find(
    ({attributes}) => attributes.classname?.endsWith(`.${group}`) && attributes.name === name,
  );
  if (found === undefined) throw new Error(`No case ${group} ${name}`);
  return found;
}

describe('report/render-junit', () => {
  it('holds each criterion, access, dependent and step once', () => {
    const root = read(entriesOf('pass'));

    const names = elementsOf(root, 'testcase').map(({attributes}) => `${attributes.classname} ${attributes.name}`);
    expect(names).toHaveLength(7 + 7 + 2 + 5);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('offdrill.orders-mcp.access db-held-session');
    expect(names).toContain('offdrill.orders-mcp.steps revoke-leases');
    expect(elementsOf(root, 'testsuite')[0]?.attributes).toMatchObject({tests: '21', failures: '0', errors: '0'});
  });

  it('makes a failure of what is unmet, with its reasons', () => {
    const root = read(entriesOf('token-only'));

    const [failure] = caseOf(root, 'access', 'login-again').children;
    expect(failure?.name).toBe('failure');
    expect(failure?.attributes.message).toContain('`login-again` survives: `vault/approle-login` was still allowed');
    expect(caseOf(root, 'criteria', 'access-removed').children[0]?.text.split('\n')).toHaveLength(2);
    expect(caseOf(root, 'access', 'token').children).toEqual([]);
  });

  it('makes an error of what is unproven', () => {
    const root = read(entriesOf('interrupted'));

    expect(caseOf(root, 'access', 'token').children[0]).toMatchObject({
      name: 'error',
      attributes: {type: 'unproven'},
      text: expect.stringContaining('when the run was cut short'),
    });
    expect(caseOf(root, 'steps', 'end-sessions').children[0]?.text).toBe('Step `end-sessions` was not started.');
    expect(caseOf(root, 'dependents', 'checkout').children).toEqual([]);
  });

  it('tells what is unmet from what is unproven of each part', () => {
    const steps = change(
      entriesOf('pass'),
      'step.inspected',
      ({step, when}) => step === 'revoke-leases' && when === 'after-settle',
      (data) => ({...data, found: 'not-applied'}),
    );
    const unread = without(
      steps,
      'step.inspected',
      ({step, when}) => step === 'end-sessions' && when === 'after-settle',
    );

    const root = read(unread);

    expect(caseOf(root, 'steps', 'revoke-leases').children.map(({name}) => name)).toEqual(['failure']);
    expect(caseOf(root, 'steps', 'end-sessions').children.map(({name}) => name)).toEqual(['error']);
    expect(caseOf(root, 'steps', 'revoke-tokens').children).toEqual([]);
  });

  it('puts a rollback that failed on its step', () => {
    const entries = change(
      entriesOf('pass'),
      'rollback.inspected',
      ({step}) => step === 'stop-server',
      (data) => ({...data, found: 'unknown'}),
    );

    const [error] = caseOf(read(entries), 'steps', 'stop-server').children;

    expect(error?.text).toBe('The rollback of step `stop-server` was not read back.');
  });

  it('skips what a run stopped at the baseline was not to show', () => {
    const root = read(entriesOf('until-baseline'));

    expect(caseOf(root, 'criteria', 'baseline').children).toEqual([]);
    expect(caseOf(root, 'access', 'token').children[0]?.name).toBe('skipped');
    expect(caseOf(root, 'steps', 'revoke-leases').children[0]?.name).toBe('skipped');
  });

  it('makes an error of what was never begun, where the run was to go on', () => {
    const entries = change(
      entriesOf('until-baseline'),
      'run.started',
      () => true,
      ({until: _until, ...started}) => started,
    );

    const root = read(entries);

    expect(caseOf(root, 'access', 'token').children[0]).toMatchObject({name: 'error', text: 'Nothing was removed.'});
    expect(caseOf(root, 'dependents', 'checkout').children[0]?.name).toBe('error');
    expect(elementsOf(root, 'skipped')).toEqual([]);
  });

  it.each(cases)('is without failures and errors only where the exit code is 0: %s', (name) => {
    const {failures, errors} = elementsOf(read(entriesOf(name)), 'testsuites')[0]?.attributes ?? {};

    expect(failures === '0' && errors === '0').toBe(judge(entriesOf(name)).exitCode === 0);
  });

  it.each(cases)('counts what it holds: %s', (name) => {
    const root = read(entriesOf(name));

    expect(root.attributes).toMatchObject({
      tests: String(elementsOf(root, 'testcase').length),
      failures: String(elementsOf(root, 'failure').length),
      errors: String(elementsOf(root, 'error').length),
      skipped: String(elementsOf(root, 'skipped').length),
    });
  });

  it('names the run, the verdict, the exit code and every blind spot', () => {
    const properties = elementsOf(read(entriesOf('pass')), 'property').map(({attributes}) => attributes);

    expect(properties).toContainEqual({name: 'verdict', value: 'pass'});
    expect(properties).toContainEqual({name: 'exit-code', value: '0'});
    expect(properties).toContainEqual({name: 'run', value: expect.stringMatching(/^\d{8}T\d{6}Z-orders-mcp-/)});
    expect(properties).toContainEqual({name: 'blind.shop', value: 'this PostgreSQL keeps no statement log'});
  });

  it('names what is left to do by hand', () => {
    const result = {...judge(entriesOf('pass')), left: ['Step `a`: b.', 'Step `c`: d.']};

    const properties = elementsOf(parseXml(renderJunit(result, entriesOf('pass'))), 'property');

    expect(properties.map(({attributes}) => attributes)).toContainEqual({name: 'left.2', value: 'Step `c`: d.'});
  });

  it.each(['met', 'unmet', 'unproven'] as const)('tells the steps that are left, where restored is %s', (state) => {
    const judged = judge(entriesOf('pass'));
    const restored = {state, reasons: state === 'met' ? [] : ['not back']};
    const result = {
      ...judged,
      criteria: {...judged.criteria, restored},
      left: ['Step `a`: run:\n(\n  x <y\n)', 'Step `c`: d.'],
    };

    const root = parseXml(renderJunit(result, entriesOf('pass')));

    const told = elementsOf(caseOf(root, 'criteria', 'restored'), 'system-err').map(({text}) => text.split('\n'));
    expect(told).toEqual([
      ['Left to do by hand:', '  1. Step `a`: run:', '       (', '         x <y', '       )', '  2. Step `c`: d.'],
    ]);
    expect(elementsOf(root, 'system-err')).toHaveLength(1);
    expect(elementsOf(root, 'property').map(({attributes}) => attributes)).toContainEqual({
      name: 'left.1',
      value: 'Step `a`: run:',
    });
  });

  it('tells times in seconds', () => {
    const root = read(entriesOf('token-only'));

    expect(caseOf(root, 'access', 'tool').attributes.time).toBe('0.225');
    expect(caseOf(root, 'access', 'login-again').attributes.time).toBe('0.000');
    expect(Number(root.attributes.time)).toBeCloseTo(16.357, 3);
  });

  it('is the same each time', () => {
    expect(render(entriesOf('token-only'))).toBe(render(entriesOf('token-only')));
  });

  it('is well-formed whatever a name or a reason holds', () => {
    const nasty = fc.constantFrom(
      ...['\u0000', '\u0008', '\u000b', '\u001b[2J', '\r', '\n', '\t', '\u0085', '\u202e', '\ufffe', '\uffff'],
      ...['\ud800', '\udfff', '😀', ']]>', '<', '>', '&', '&amp;', '"', "'", '<!--', '--', '<?xml', ' ', 'a'],
    );
    const hostile = fc.array(fc.oneof(nasty, fc.string({unit: 'binary', maxLength: 5})), {maxLength: 12});
    const text = hostile.map((parts) => parts.join(''));
    const pass = judge(entriesOf('pass'));

    fc.assert(
      fc.property(fc.array(text, {minLength: 60, maxLength: 120}), text, (reasons, name) => {
        const criteria = {...pass.criteria, restored: {state: 'unmet', reasons} as const};
        const blind = [{system: name, why: name}];
        const result = {
          ...pass,
          criteria,
          drill: {...pass.drill, name},
          manualRecovery: {...pass.manualRecovery, blind},
        };

        const root = parseXml(renderJunit(result, entriesOf('pass')));

        const told = caseOf(root, 'criteria', 'restored').children[0]?.text.split('\n') ?? [];
        expect(told.map(plain)).toEqual(reasons.map(plain));
        expect(plain(elementsOf(root, 'testsuite')[0]?.attributes.name ?? '')).toBe(plain(name));
      }),
      {numRuns: 8},
    );
  });

  it('shows a character that XML 1.0 forbids', () => {
    const result = judge(entriesOf('pass'));
    const reasons = ['a\u0000b\u001bc\uffffd\ud800e'];

    const root = parseXml(
      renderJunit({...result, criteria: {...result.criteria, restored: {state: 'unmet', reasons}}}, entriesOf('pass')),
    );

    expect(caseOf(root, 'criteria', 'restored').children[0]?.text).toBe('a\\u{0}b\\u{1b}c\\u{ffff}d\\u{d800}e');
  });
});

/** Only what stands for itself in any text; the rest is for the test that shows it. */
function plain(text: string): string {
  return text.replace(/\\u\{[0-9a-f]+\}/g, '').replace(/[^ -~\u{a0}-\u{2027}\u{10000}-\u{10ffff}]|\p{Cf}/gu, '');
}
