import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Entry, EventType} from '../../src/journal/entries.ts';
import {judge} from '../../src/verdict/judge.ts';
import {entriesOf, type JournalCase} from './journals.ts';

const pass = entriesOf('pass');

/** Entries that tell more than the verdict needs, and why it does not need them. */
const notNeeded: Readonly<Partial<Record<EventType, string>>> = {
  call: 'how long calls took; what they came to is read back',
  owned: 'what the run made, for resuming',
  'step.prepared': 'what rollback may need, for resuming',
  'probe.started': 'its samples tell that it started',
  'control.changed': 'a denial without a control is journalled as indeterminate',
  'preflight.checked': 'what preflight finds amiss ends the run',
  'connection.ended': "the audit record must hold the run's own last event",
  'rollback.started': 'its end and its read-back count',
  'run.finished': 'written after the verdict',
};
/** Phases that are told by what happened in them. */
const toldByTheirEntries = ['guard', 'preflight', 'capture', 'baseline', 'audit', 'scan'];

function isNeeded(entry: Entry): boolean {
  if (entry.type === 'phase.started') return !toldByTheirEntries.includes(entry.data.phase);
  return notNeeded[entry.type] === undefined;
}

/** A journal that can't be judged is no pass. */
function passes(entries: readonly Entry[]): boolean {
  try {
    return judge(entries).verdict === 'pass';
  } catch {
    return false;
  }
}

describe('verdict/judge without an observation', () => {
  it('passes on what it needs alone', () => {
    expect(passes(pass.filter(isNeeded))).toBe(true);
  });

  it('never passes without any one entry that it needs', () => {
    const needless = pass.filter((entry) => isNeeded(entry) && passes(pass.filter((other) => other !== entry)));

    expect(needless.map(({type, data}) => `${type} ${JSON.stringify(data)}`)).toEqual([]);
    expect(pass.filter(isNeeded).length).toBeGreaterThan(70);
  });

  it('never passes without several of them', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(pass.filter(isNeeded), {minLength: 1}), (left) => {
        const gone = new Set(left);

        expect(passes(pass.filter((entry) => !gone.has(entry)))).toBe(false);
      }),
      {numRuns: 300},
    );
  });

  it.each<JournalCase>(['token-only', 'interrupted', 'until-baseline'])(
    'never turns %s into a pass by leaving out',
    (name) => {
      const entries = entriesOf(name);

      fc.assert(
        fc.property(fc.subarray([...entries]), (left) => {
          expect(passes(left)).toBe(false);
        }),
        {numRuns: 300},
      );
    },
  );

  it('never passes a journal that was cut off', () => {
    const end = pass.findIndex((entry) => entry.type === 'phase.started' && entry.data.phase === 'verdict');

    for (let length = 0; length <= end; length++) expect(passes(pass.slice(0, length)), String(length)).toBe(false);
  });
});
