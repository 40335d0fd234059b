import {describe, expect, it} from 'vitest';
import type {Entry, JournalEvent} from '../../src/journal/entries.ts';
import {needsBringingBack, readPast} from '../../src/run/past.ts';
import {entriesOf as entriesOfRun} from '../verdict/journals.ts';

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

  it('keeps no state where none was read', () => {
    const {states} = readPast(entriesOf({type: 'step.prepared', data: {step: 'a', state: null}}));

    expect([...states]).toEqual([['a', undefined]]);
  });

  it('knows where each host led at the guard', () => {
    const {resolved} = readPast(
      entriesOf({type: 'guard.resolved', data: {host: 'vault.example.com', addresses: ['192.0.2.1']}}),
    );

    expect([...resolved]).toEqual([['vault.example.com', ['192.0.2.1']]]);
  });

  it('holds what has an outcome and no beginning for nothing to undo', () => {
    expect(readPast(entriesOf(succeeded('a'))).pending).toEqual([]);
  });

  it('calls a run ended until something is rolled back again', () => {
    const finished: JournalEvent = {
      type: 'run.finished',
      data: {verdict: 'inconclusive', exitCode: 4, status: 'interrupted'},
    };
    const begins = (phase: 'settle' | 'rollback'): JournalEvent => ({type: 'phase.started', data: {phase}});
    const endedAfter = (...events: readonly JournalEvent[]): boolean =>
      readPast(entriesOf(started('a'), ...events)).ended;

    expect(endedAfter()).toBe(false);
    expect(endedAfter(begins('rollback'), finished)).toBe(true);
    expect(endedAfter(finished, begins('settle'))).toBe(true);
    expect(endedAfter(finished, begins('rollback'))).toBe(false);
  });

  it('needs to bring back what is not undone, or was not observed to its end', () => {
    const undone: JournalEvent = {type: 'rollback.succeeded', data: {step: 'a', at: 3}};
    const finished: JournalEvent = {
      type: 'run.finished',
      data: {verdict: 'fail', exitCode: 1, status: 'completed'},
    };
    const needs = (...events: readonly JournalEvent[]): boolean => needsBringingBack(readPast(entriesOf(...events)));

    expect(needs()).toBe(false);
    expect(needs(started('a'))).toBe(true);
    expect(needs(started('a'), finished)).toBe(true);
    expect(needs(started('a'), undone)).toBe(true);
    expect(needs(started('a'), undone, finished)).toBe(false);
  });

  it('takes every step of a restoration for one to undo, in the order of the plan', () => {
    const planned = entriesOfRun('pass').find(({type}) => type === 'run.planned');
    const begun = entriesOfRun('pass').find(({type}) => type === 'run.started');
    if (planned?.type !== 'run.planned' || begun?.type !== 'run.started') throw new Error('No beginning');
    const restoring: Entry = {...begun, data: {...begun.data, restores: true}};
    const startedAt = Date.parse(planned.time);

    const {pending, restores, changed} = readPast([restoring, planned]);

    expect(pending).toEqual(
      planned.data.steps.map(({id}) => ({step: id, startedAt, succeeded: false, inDoubt: false})),
    );
    expect([restores, changed]).toEqual([true, true]);
    expect(readPast([begun, planned])).toMatchObject({pending: [], restores: false, changed: false});
  });

  it('knows of a credential that nobody ended', () => {
    const began: JournalEvent = {
      type: 'connection.began',
      data: {connection: 'vault', facts: {accessor: 'a'}, left: 'revoke it'},
    };
    const ended: JournalEvent = {type: 'connection.ended', data: {connection: 'vault'}};

    expect(readPast(entriesOf(began)).hasOpenCredential).toBe(true);
    expect(readPast(entriesOf(began, ended)).hasOpenCredential).toBe(false);
  });
});
