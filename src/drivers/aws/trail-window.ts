import type {AuditEvent, AuditReading} from '../../contract/operation.ts';
import {type DeclaredPrincipal, TrailActors} from './trail-actors.ts';
import {eventOf} from './trail-event.ts';
import type {TrailMark} from './trail-marks.ts';
import type {TrailRecord} from './trail-record.ts';

/** Of the run whose window it is. */
export type TrailWindowOptions = {
  readonly account: string;
  /** Each is complete only up to a last call of the run in it. */
  readonly regions: readonly string[];
  readonly ownKeys: readonly string[];
  readonly marks: readonly TrailMark[];
  readonly declared: readonly DeclaredPrincipal[];
};

export const knownBy = 'the access key in CloudTrail’s records';

/** From the run's first call to its last. `records`: as they were delivered, in any order, some twice; undefined for what can't be read. */
export function readTrailWindow(
  records: readonly (TrailRecord | undefined)[],
  options: TrailWindowOptions & {readonly readLater: string},
): Omit<AuditReading, 'blind'> {
  const known = sortRecords(records, options.account);
  const actors = new TrailActors({...options, records: known});
  const marks = placeMarks(known, options.marks);
  const begin = marks.find(({phase}) => phase === 'begin');
  const ends = lastCalls(marks, options.regions);
  const from = begin?.time ?? Number.POSITIVE_INFINITY;
  // Where no last call was answered, it goes to what the run marked last: what others did later is no matter of it.
  const to = Math.max(...[...ends, marks.at(-1)].map((mark) => mark?.time ?? 0));
  const window = known.filter((record) => timeOf(record) >= from && timeOf(record) <= to);
  const events = window.flatMap((record): readonly AuditEvent[] => {
    const event = eventOf(record, {actor: actors.of(record), phase: phaseAt(timeOf(record), marks)});
    return event === undefined ? [] : [event];
  });
  const isComplete = begin?.isSeen === true && ends.every((end) => end?.isSeen === true);
  return {
    events,
    completeTo: isComplete ? new Date(Math.min(...ends.map((end) => end?.time ?? 0))).toISOString() : undefined,
    gaps: gapsIn({...options, records, marks, begin, ends}),
    entries: window.length,
    knownBy,
  };
}

/** The last call of the run in each of these regions; undefined where the process that came last made none. */
export function lastCalls<Mark extends TrailMark>(
  marks: readonly Mark[],
  regions: readonly string[],
): readonly (Mark | undefined)[] {
  const last = marks.slice(
    Math.max(
      marks.findLastIndex(({phase}) => phase === 'begin'),
      0,
    ),
  );
  return regions.map((region) => last.findLast((mark) => mark.phase === 'end' && mark.region === region));
}

export function isMarkAmong(records: readonly (TrailRecord | undefined)[], mark: TrailMark): boolean {
  return records.some((record) => record !== undefined && isMark(record, mark));
}

/** The call by which a mark was made. */
function isMark({requestID, userIdentity}: TrailRecord, {requestId, key}: TrailMark): boolean {
  return requestID === requestId && userIdentity?.accessKeyId === key;
}

type PlacedMark = TrailMark & {
  /** In whole seconds, as milliseconds since the epoch: CloudTrail's own where the call was seen. */
  readonly time: number;
  readonly isSeen: boolean;
};

function placeMarks(records: readonly TrailRecord[], marks: readonly TrailMark[]): readonly PlacedMark[] {
  return marks.map((mark) => {
    const record = records.find((one) => isMark(one, mark));
    const time = record === undefined ? Math.floor(mark.at / 1000) * 1000 : timeOf(record);
    return {...mark, time, isSeen: record !== undefined};
  });
}

/** Each once, in the order of their seconds; within one second, nobody knows. */
function sortRecords(records: readonly (TrailRecord | undefined)[], account: string): readonly TrailRecord[] {
  const byId = new Map(
    records.flatMap((record) =>
      record === undefined || (record.recipientAccountId ?? account) !== account
        ? []
        : [[record.eventID, record] as const],
    ),
  );
  return [...byId.values()].toSorted((a, b) => timeOf(a) - timeOf(b) || (a.eventID < b.eventID ? -1 : 1));
}

function timeOf({eventTime}: TrailRecord): number {
  return Date.parse(eventTime);
}

/** The run waits before each mark until the second has turned, so that what was done before stands in an earlier one. */
function phaseAt(time: number, marks: readonly PlacedMark[]): string {
  return (
    marks.findLast((mark) => mark.time <= time && mark.phase !== 'begin' && mark.phase !== 'end')?.phase ?? 'preflight'
  );
}

function gapsIn({
  records,
  marks,
  begin,
  ends,
  regions,
  readLater,
}: {
  readonly records: readonly (TrailRecord | undefined)[];
  readonly marks: readonly PlacedMark[];
  readonly begin: PlacedMark | undefined;
  readonly ends: readonly (PlacedMark | undefined)[];
  readonly regions: readonly string[];
  readonly readLater: string;
}): readonly string[] {
  const unreadable = records.filter((record) => record === undefined).length;
  const unmade = regions.filter((_region, index) => ends[index] === undefined);
  const unseen = regions.filter((_region, index) => ends[index]?.isSeen === false);
  const phases = marks.filter(({phase, isSeen}) => phase !== 'begin' && phase !== 'end' && !isSeen);
  return [
    ...(unreadable === 0 ? [] : [`${unreadable === 1 ? 'a record' : `${unreadable} records`} could not be read`]),
    ...(begin?.isSeen === true ? [] : ["the run's own first event was not seen"]),
    ...[...new Set(phases.map(({phase}) => phase))].map((phase) => `the run's mark of ${phase} was not seen`),
    ...unmade.map((region) => `the run's own last call was not answered in ${region}`),
    ...(unseen.length === 0 ? [] : [notDelivered(unseen, readLater)]),
  ];
}

function notDelivered(regions: readonly string[], readLater: string): string {
  return `the run's own last event was not seen in ${regions.join(' and ')}: CloudTrail delivers within about 5 minutes at best and up to 15 or more; ${readLater}`;
}
