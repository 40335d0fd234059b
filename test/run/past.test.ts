import {describe, expect, it} from 'vitest';
import type {Entry, JournalEvent} from '../../src/journal/entries.ts';
import {readPast} from '../../src/run/past.ts';

function entriesOf(...events: readonly JournalEvent[]): readonly Entry[] {
  return events.map((event, seq) => ({v: 1, seq, time: '2026-11-23T00:00:00.000Z', prev: '', ...event}) as Entry);
}

const started = (step: string, at = 1): JournalEvent => ({
  type: 'step.started',
  data: {step, uses: 'fake/revoke', attempt: 1, at},
});
const succeeded = (step: string): JournalEvent => ({type: 'step.succeeded', data: {step, at: 2}});

describe('run/past', () => {
  it('finds a started step without an outcome in doubt', () => {
    const {pending, changed} = readPast(entriesOf(started('a'), succeeded('a'), started('b', 7)));

    expect(pending).toEqual([
      {step: 'a', startedAt: 1, succeeded: true, inDoubt: false},
      {step: 'b', startedAt: 7, succeeded: false, inDoubt: true},
    ]);
    expect(changed).toBe(true);
  });

  it('holds a failed step for done, so that it is rolled back', () => {
    const failed: JournalEvent = {type: 'step.failed', data: {step: 'a', at: 2, code: 'timeout', message: 'Slow.'}};

    expect(readPast(entriesOf(started('a'), failed)).pending).toEqual([
      {step: 'a', startedAt: 1, succeeded: false, inDoubt: false},
    ]);
  });

  it('leaves out what is undone, or needed no undoing', () => {
    const {pending} = readPast(
      entriesOf(
        started('a'),
        started('b'),
        started('c'),
        {type: 'rollback.succeeded', data: {step: 'b', at: 3}},
        {type: 'rollback.not-needed', data: {step: 'a', why: 'nothing to give back'}},
        {type: 'rollback.failed', data: {step: 'c', uses: 'fake/issue', at: 3, left: 'all', code: 'x', message: 'y'}},
      ),
    );

    expect(pending.map(({step}) => step)).toEqual(['c']);
  });

  it('keeps what captures said of generation 1 alone', () => {
    const taken = (generation: 1 | 2): JournalEvent => ({
      type: 'capture.taken',
      data: {capture: 'holdings', generation, count: 1, facts: {accessors: [`of ${generation}`]}},
    });

    expect([...readPast(entriesOf(taken(1), taken(2))).captures]).toEqual([['holdings', {accessors: ['of 1']}]]);
  });

  it('collects the credentials of each process, and what was declared as own', () => {
    const began = (accessor: string): JournalEvent => ({
      type: 'connection.began',
      data: {connection: 'vault', facts: {accessor}},
    });

    const {begun, owned} = readPast(entriesOf(began('a'), {type: 'owned', data: {kind: 'token', id: 'a'}}, began('b')));

    expect(begun.get('vault')).toEqual([{accessor: 'a'}, {accessor: 'b'}]);
    expect(owned).toEqual([{kind: 'token', id: 'a'}]);
  });

  it('knows that nothing was changed where no step was started', () => {
    const prepared: JournalEvent = {type: 'step.prepared', data: {step: 'a', state: {alive: 1}}};

    const {changed, states} = readPast(entriesOf(prepared));

    expect(changed).toBe(false);
    expect(states.get('a')).toEqual({alive: 1});
  });
});
