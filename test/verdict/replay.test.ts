import {describe, expect, it} from 'vitest';
import type {AuditEvent} from '../../src/contract/operation.ts';
import type {Entry, JournalEvent} from '../../src/journal/entries.ts';
import {Replay, tooFew} from '../../src/verdict/replay.ts';
import {change, entriesOf, find, insertAfter} from './journals.ts';

const pass = entriesOf('pass');
const begun = pass.filter(({type}) => type === 'run.started' || type === 'run.planned');
const resumed: JournalEvent = {type: 'run.resumed', data: {tool: '0', node: 'v24', at: 0}};
const refusal: JournalEvent = {type: 'resume.failed', data: {refused: true, problems: []}};
const finished: JournalEvent = {type: 'run.finished', data: {verdict: 'pass', exitCode: 0, status: 'completed'}};
const judging: JournalEvent = {type: 'phase.started', data: {phase: 'verdict'}};

/** A run that began as every run does, and went on so. */
function replayOf(...events: readonly JournalEvent[]): Replay {
  const time = '2026-11-23T07:00:00.000Z';
  return new Replay([...begun, ...events.map((event, seq) => ({v: 1, seq, time, prev: '', ...event}) as Entry)]);
}

describe('verdict/replay', () => {
  it('calls a run cut off that another process had to go on with, and not one that had ended', () => {
    expect(replayOf(resumed).interruptedBy()).toBe('its process ended');
    expect(replayOf(finished, resumed).interruptedBy()).toBeUndefined();
    expect(replayOf(finished, resumed, resumed).interruptedBy()).toBe('its process ended');
    expect(replayOf(refusal, resumed).interruptedBy()).toBeUndefined();
    expect(replayOf(finished, judging, resumed).interruptedBy()).toBeUndefined();
    expect(replayOf(judging).interruptedBy()).toBeUndefined();
  });

  it('knows the end of the process that wrote last', () => {
    expect(replayOf(judging).hasEnded).toBe(true);
    expect(replayOf(judging, finished).hasEnded).toBe(true);
    expect(replayOf(judging, resumed).hasEnded).toBe(false);
    expect(replayOf(judging, resumed, judging).hasEnded).toBe(true);
    expect(replayOf({type: 'phase.started', data: {phase: 'settle'}}).hasEnded).toBe(false);
  });

  it('holds a refusal against the process that was refused alone', () => {
    const failed: JournalEvent = {type: 'phase.failed', data: {phase: 'guard', refused: false, problems: []}};

    expect(replayOf(refusal).wasRefused).toBe(true);
    expect(replayOf(refusal, judging).wasRefused).toBe(true);
    expect(replayOf(refusal, resumed).wasRefused).toBe(false);
    expect(replayOf(resumed, refusal).wasRefused).toBe(true);
    expect(replayOf(failed).wasRefused).toBe(false);
    expect(replayOf({...failed, data: {...failed.data, refused: true}}).wasRefused).toBe(true);
  });

  it('has a step undone only by a rollback that came after it', () => {
    const step = (
      type: 'step.started' | 'rollback.failed' | 'rollback.succeeded' | 'rollback.not-needed',
      name: string,
    ) =>
      ({
        type,
        data: {step: name, uses: 'x', attempt: 1, at: 0, why: '', left: `undo ${name}`, code: 'x', message: 'm'},
      }) as JournalEvent;
    const left = (...events: readonly JournalEvent[]) => {
      const replay = replayOf(...events);
      return [replay.stepsLeft(), replay.rollbacksLeft().map((failure) => failure.step)];
    };

    expect(left()).toEqual([[], []]);
    expect(left(step('step.started', 'a'), step('step.started', 'b'))).toEqual([['b', 'a'], []]);
    expect(left(step('rollback.failed', 'a'))).toEqual([['a'], ['a']]);
    for (const undone of ['rollback.succeeded', 'rollback.not-needed'] as const) {
      expect(left(step('step.started', 'a'), step('rollback.failed', 'a'), step(undone, 'a'))).toEqual([[], []]);
    }
    expect(left(step('rollback.succeeded', 'a'), step('step.started', 'a'))).toEqual([['a'], []]);
  });

  it('says what was being done at a time, to the millisecond', () => {
    const replay = new Replay(pass);
    const {at: startedAt} = find(pass, 'step.started', ({step}) => step === 'revoke-leases');
    const {at: rolledBackAt} = find(pass, 'rollback.started', ({step}) => step === 'stop-server');

    expect(replay.stepAt(startedAt)).toBe('step `revoke-leases`');
    expect(replay.stepAt(startedAt - 0.1)).toBe('step `destroy-secret-ids`');
    expect(replay.stepAt(rolledBackAt + 1)).toBe('rollback of `stop-server`');
    expect(replay.stepAt(0)).toBeUndefined();
  });

  it('adds up what every process counted, and keeps the longest gap', () => {
    const summary = find(pass, 'probe.summary', ({probe}) => probe === 'checkout');
    const twice = insertAfter(pass, 'probe.summary', ({probe}) => probe === 'checkout', {
      type: 'probe.summary',
      data: summary,
    });
    const {due, allowed, longestGapMs} = new Replay(twice).counts('checkout', 1, ['shutdown', 'settle']);

    expect({due, allowed, longestGapMs}).toEqual({due: 44, allowed: 46, longestGapMs: 323});
  });

  it('begins and ends with its first and last entries, but for the one that says so', () => {
    const replay = new Replay(pass);

    expect([replay.startedAt, replay.finishedAt]).toEqual([pass[0]?.time, pass.at(-2)?.time]);
  });

  it('knows a restoration', () => {
    const restores = change(
      begun,
      'run.started',
      () => true,
      (data) => ({...data, restores: true as const}),
    );

    expect(new Replay(begun).restores).toBe(false);
    expect(new Replay(restores).restores).toBe(true);
    expect(new Replay(begun.filter(({type}) => type === 'run.planned')).restores).toBe(false);
  });

  it('calls as many skipped as taken enough', () => {
    const counts = {due: 4, skipped: 2, allowed: 1, denied: 1, unreachable: 0, indeterminate: 0, longestGapMs: 0};

    expect(tooFew(counts)).toBe(false);
    expect(tooFew({...counts, skipped: 3})).toBe(true);
    expect(tooFew({...counts, skipped: 0, allowed: 0, denied: 0})).toBe(true);
  });

  describe('of records that were read again', () => {
    const reconciled: JournalEvent = {type: 'run.reconciled', data: {tool: '0', node: 'v24', at: 0}};
    const scanned: JournalEvent = {type: 'scan.finished', data: {files: 1, bytes: 1, secrets: 1, hits: []}};
    const seen = {
      time: '2026-11-23T07:00:00.000Z',
      operation: 'update',
      path: 'secret/a',
      actor: {kind: 'somebody'},
      effect: 'change',
      phase: 'rollback',
    } as const;
    const read = (events: readonly AuditEvent[], gaps: readonly string[] = [], completeTo?: string): JournalEvent => ({
      type: 'audit.read',
      data: {system: 'vault', entries: events.length, gaps, events, ...(completeTo === undefined ? {} : {completeTo})},
    });
    const gone = {...seen, path: 'secret/gone'};
    const later = {...seen, path: 'secret/new'};
    const otherwise = {...seen, actor: {kind: 'workload'}, phase: 'restored'} as const;

    it('forgets nothing that was found before where the last reading is not complete', () => {
      const other: JournalEvent = {type: 'audit.read', data: {system: 'shop', entries: 0, gaps: [], events: []}};

      const {readings} = replayOf(read([seen, gone], ['early']), other, reconciled, read([otherwise, later], ['late']));

      expect(readings.map(({system, gaps, events}) => ({system, gaps, events}))).toEqual([
        {system: 'vault', gaps: ['late'], events: [seen, gone, later]},
        {system: 'shop', gaps: [], events: []},
      ]);
    });

    it('keeps what an earlier process of the run found, though a later one read its own part to the end', () => {
      const whole = read([later], [], '2026-11-23T07:00:00.000Z');

      expect(replayOf(read([gone]), resumed, whole).readings[0]?.events).toEqual([gone, later]);
      expect(replayOf(read([gone]), reconciled, resumed, whole).readings[0]?.events).toEqual([gone, later]);
    });

    it('takes a complete reading alone: who did something is known only there', () => {
      const events = (gaps: readonly string[], completeTo?: string) =>
        replayOf(read([seen, gone], ['early']), reconciled, read([otherwise], gaps, completeTo)).readings[0]?.events;

      expect(events([], '2026-11-23T07:00:00.000Z')).toEqual([otherwise]);
      expect(events(['a record could not be read'], '2026-11-23T07:00:00.000Z')).toEqual([seen, gone]);
      expect(events([])).toEqual([seen, gone]);
    });

    it('knows what came of it last', () => {
      const failed: JournalEvent = {type: 'audit.failed', data: {system: 'vault', code: 'x', message: 'no answer'}};

      expect(replayOf(read([]), failed).lastReadingOf('vault')).toMatchObject({message: 'no answer'});
      expect(replayOf(failed, read([])).lastReadingOf('vault')).toMatchObject({entries: 0});
      expect(replayOf(failed).lastReadingOf('shop')).toBeUndefined();
    });

    it('ends with the run, and not with the reading', () => {
      const at = (time: string, event: JournalEvent): Entry => ({v: 1, seq: 9, prev: '', time, ...event});
      const entries = [
        ...begun,
        at('2026-11-23T07:00:01.000Z', scanned),
        at('2026-11-23T07:00:02.000Z', finished),
        at('2026-11-23T09:00:00.000Z', reconciled),
        at('2026-11-23T09:00:01.000Z', scanned),
        at('2026-11-23T09:00:02.000Z', finished),
      ];

      const resumedLater = new Replay([...entries, at('2026-11-23T10:00:00.000Z', resumed)]);

      expect(new Replay(entries)).toMatchObject({
        finishedAt: '2026-11-23T07:00:01.000Z',
        reconciledAt: '2026-11-23T09:00:00.000Z',
      });
      expect(resumedLater.finishedAt).toBe('2026-11-23T10:00:00.000Z');
    });

    it('was searched where each process of the run, and the last that read again, has searched', () => {
      const [started] = begun.filter(({type}) => type === 'run.started');
      const isSearched = (...events: readonly JournalEvent[]): boolean => replayOf(...events).wasSearched;

      expect(started).toBeDefined();
      expect(isSearched(scanned)).toBe(true);
      expect(isSearched()).toBe(false);
      expect(isSearched(scanned, resumed)).toBe(false);
      expect(isSearched(resumed, scanned)).toBe(false);
      expect(isSearched(scanned, resumed, scanned)).toBe(true);
      expect(isSearched(scanned, reconciled)).toBe(false);
      expect(isSearched(reconciled, scanned)).toBe(false);
      expect(isSearched(scanned, reconciled, scanned)).toBe(true);
      expect(isSearched(scanned, reconciled, reconciled, scanned)).toBe(true);
      expect(isSearched(scanned, reconciled, scanned, resumed)).toBe(false);
      expect(isSearched(scanned, resumed, reconciled, scanned)).toBe(false);
    });
  });
});
