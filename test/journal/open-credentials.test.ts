import {describe, expect, it} from 'vitest';
import type {Entry, JournalEvent} from '../../src/journal/entries.ts';
import {credentialsLeft, endOf, openCredentials} from '../../src/journal/open-credentials.ts';

function entriesOf(...events: readonly JournalEvent[]): readonly Entry[] {
  return events.map((event, seq) => ({v: 1, seq, time: '2026-11-28T00:00:00.000Z', prev: '', ...event}) as Entry);
}

const began = (connection: string, accessor: string): JournalEvent => ({
  type: 'connection.began',
  data: {connection, facts: {accessor}},
});
const ended = (connection: string): JournalEvent => ({type: 'connection.ended', data: {connection}});
const cleared = (connection: string): JournalEvent => ({type: 'connection.cleared', data: {connection}});
const checked = (connection: string): JournalEvent => ({type: 'preflight.checked', data: {connection, needs: 1}});
const resumed: JournalEvent = {type: 'run.resumed', data: {tool: '0', node: 'v24', at: 0}};
const notEnded = (connection: string): JournalEvent => ({
  type: 'trouble',
  data: {where: endOf(connection), code: 'unreachable', message: 'Revoke it.'},
});

describe('journal/open-credentials', () => {
  it('keeps the newest of each connection when what earlier processes left is ended', () => {
    const entries = entriesOf(
      began('a', 'first of a'),
      began('b', 'first of b'),
      resumed,
      checked('a'),
      began('a', 'second of a'),
      began('b', 'second of b'),
      cleared('a'),
      cleared('b'),
      ended('b'),
    );

    expect(openCredentials(entries).map(({facts}) => facts.accessor)).toEqual(['second of a']);
  });

  it('keeps what earlier processes left until it is said that it is ended', () => {
    const entries = entriesOf(began('a', 'first'), resumed, began('a', 'second'), checked('a'));

    expect(openCredentials(entries).map(({facts}) => facts.accessor)).toEqual(['first', 'second']);
  });

  it('tells of one that may have been made, until it is looked for and ended', () => {
    const uncertain = entriesOf(notEnded('a'));

    expect(credentialsLeft(uncertain)).toEqual(["end of the run's credential on a: Revoke it."]);
    expect(credentialsLeft(entriesOf(notEnded('a'), ended('a')))).toEqual([]);
    expect(credentialsLeft(entriesOf(notEnded('a'), checked('a')))).toHaveLength(1);
    expect(credentialsLeft(entriesOf(notEnded('a'), resumed, began('a', 'x'), ended('a')))).toHaveLength(1);
    expect(credentialsLeft(entriesOf(notEnded('a'), resumed, began('a', 'x'), cleared('a'), ended('a')))).toEqual([]);
  });

  it('tells of one that may have been made by a later process, though an earlier one knew its own', () => {
    expect(credentialsLeft(entriesOf(began('a', 'x'), ended('a'), resumed, notEnded('a')))).toEqual([
      "end of the run's credential on a: Revoke it.",
    ]);
  });

  it('tells one thing once, by what is known of it', () => {
    const known: JournalEvent = {type: 'connection.began', data: {connection: 'a', facts: {accessor: 'x', nonce: 'n'}}};

    expect(credentialsLeft(entriesOf(known, notEnded('a')))).toEqual([
      "Connection `a`: revoke the run's own credential (accessor x, nonce n).",
    ]);
  });
});
