import {describe, expect, it} from 'vitest';
import type {Entry, EventData, EventType} from '../../src/journal/entries.ts';
import {describeEntry} from '../../src/report/describe-entry.ts';
import {entriesOf} from '../verdict/journals.ts';

const failure = {code: 'timeout', message: 'Expected an answer, got none.'};

function entry<T extends EventType>(type: T, data: EventData<T>): Entry {
  return {v: 1, seq: 0, time: '2026-01-01T00:00:00Z', prev: '', type, data} as unknown as Entry;
}

describe('report/describe-entry', () => {
  it.each([
    [
      entry('phase.failed', {phase: 'guard', refused: false, problems: [failure]}),
      'guard: Expected an answer, got none.',
    ],
    [entry('capture.failed', {capture: 'token', generation: 2, ...failure}), 'capture token, generation 2: Expected'],
    [entry('step.failed', {step: 'revoke', at: 0, ...failure}), 'step revoke: failed (timeout): Expected'],
    [
      entry('rollback.failed', {step: 'revoke', uses: 'x', at: 0, left: 'do it by hand', ...failure}),
      'left to do: do it by hand',
    ],
    [entry('audit.failed', {system: 'vault', ...failure}), 'audit of vault: Expected'],
    [entry('trouble', {where: 'samples', ...failure}), 'samples: Expected an answer, got none. (timeout)'],
    [entry('control.changed', {connection: 'shop', held: false, at: 0}), 'its denials are not believed'],
    [entry('interruption', {cause: 'SIGINT', count: 1, at: 0}), 'rolling back'],
    [entry('interruption', {cause: 'SIGINT', count: 2, at: 0}), 'Once more gives it up'],
    [entry('interruption', {cause: 'SIGINT', count: 3, at: 0}), 'given up'],
    [
      entry('rights.unknown', {connection: 'aws', needs: 3, why: ['it was refused', 'it depends']}),
      'rights on aws: of 3 nobody can tell, since it was refused; since it depends',
    ],
    [entry('probe.instance', {probe: 'checkout', from: 'a', to: 'b', at: 0}), 'checkout: restarted'],
  ])('tells of $type', (told, text) => {
    expect(describeEntry(told)).toContain(text);
  });

  it('sets in the commands that are left to do', () => {
    const left = 'run:\n(\n  vault read x\n)';

    const told = describeEntry(entry('rollback.failed', {step: 'revoke', uses: 'x', at: 0, left, ...failure}));

    expect(told?.split('\n').slice(1)).toEqual(['left to do: run:', '       (', '         vault read x', '       )']);
  });

  it('keeps quiet of what people need not see', () => {
    const quiet = new Set(
      entriesOf('pass')
        .filter((told) => describeEntry(told) === undefined)
        .map(({type}) => type),
    );

    expect([...quiet].toSorted()).toEqual([
      'baseline.held',
      'call',
      'connection.began',
      'connection.ended',
      'owned',
      'preflight.checked',
      'probe.started',
      'probe.summary',
      'rollback.inspected',
      'run.finished',
      'run.planned',
      'samples.closed',
      'scan.finished',
      'step.inspected',
      'step.prepared',
    ]);
  });
});
