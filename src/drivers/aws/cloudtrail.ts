import path from 'node:path';
import * as z from 'zod';
import {largestSkewMs} from '../../contract/clock.ts';
import {DriverError} from '../../contract/driver-error.ts';
import {durationField} from '../../contract/fields.ts';
import type {AuditSource, Context} from '../../contract/operation.ts';
import {isEmulated} from './place.ts';
import type {AwsSession} from './session.ts';
import {readPrincipals} from './trail-actors.ts';
import {listTrailFiles, readTrailFiles} from './trail-files.ts';
import {type Lookup, lookUp, requireLookup} from './trail-lookup.ts';
import type {TrailRecord} from './trail-record.ts';
import {trailRegions} from './trail-regions.ts';
import {isMarkAmong, knownBy, lastCalls, readTrailWindow, type TrailWindowOptions} from './trail-window.ts';

const input = z.strictObject({
  files: z.string().min(1).optional().meta({
    description:
      'A folder with log files of a trail, as they lie in its bucket, packed or not; by default CloudTrail is asked for the events of the last 90 days',
  }),
  'wait-for': durationField.prefault('0s').meta({
    description: 'How long the run’s own last event is waited for: CloudTrail delivers minutes later',
  }),
});
export type CloudTrailInput = z.infer<typeof input>;

type Ctx = Context<AwsSession>;
type Records = readonly (TrailRecord | undefined)[];
/** Of the account and its regions; the keys and marks of the run are read once it has made its last. */
type Notes = Pick<TrailWindowOptions, 'declared'>;

const askAgainMs = 15_000;
/** What the run made is looked for so much around it: this machine's clock is not AWS's. */
const marginMs = 2 * largestSkewMs;

export const cloudtrail: AuditSource<CloudTrailInput, Notes, AwsSession> = {
  description:
    'What CloudTrail records of the account: asked for by LookupEvents, or read from the log files of a trail.',
  input,
  needs: ({files}) => (files === undefined ? [{path: '*', capabilities: ['cloudtrail:LookupEvents']}] : []),

  /** The record can be read, and the run can be told from whoever started it. That it grows shows only minutes later. */
  check: async ({files}, ctx) => {
    const {connection, clock, base} = ctx;
    if (isEmulated(connection.place)) return;
    if (!connection.hasOwnKey) throw noOwnKey();
    if (files !== undefined) await listTrailFiles(path.resolve(base, files));
    else
      for (const region of trailRegions(connection.place.region))
        await requireLookup({region, since: clock.now() - marginMs, until: clock.now()}, ctx);
  },

  note: async (_given, identities) => ({declared: readPrincipals(identities)}),

  read: async (given, {declared}, ctx) => {
    const {connection} = ctx;
    if (isEmulated(connection.place)) {
      return {events: [], completeTo: undefined, gaps: ['an emulator keeps no CloudTrail'], entries: 0, knownBy};
    }
    const {account, ownKeys, marks, place} = connection;
    const options = {account, ownKeys, marks, declared, regions: trailRegions(place.region)};
    const records = await readOnceDelivered(given, options, ctx);
    const reading = readTrailWindow(records, options);
    const doubts = doubtsOf(given, options, ctx);
    return {
      ...reading,
      ...(doubts.length === 0 ? {} : {completeTo: undefined}),
      gaps: [...reading.gaps, ...doubts],
      blind: blindSpots(given, options),
    };
  },
};

async function readOnceDelivered(given: CloudTrailInput, options: TrailWindowOptions, ctx: Ctx): Promise<Records> {
  const {clock, signal} = ctx;
  const deadline = clock.now() + given['wait-for'];
  for (;;) {
    const records = given.files === undefined ? undefined : await readFiles(given.files, options, ctx);
    const isDelivered = records === undefined ? await isLastLookedUp(options, ctx) : isLastAmong(records, options);
    const left = deadline - clock.now();
    if ((isDelivered && !isTooEarly(options, ctx)) || left <= 0) return records ?? lookUpWindow(options, ctx);
    await clock.sleep(Math.min(askAgainMs, left), signal);
  }
}

/** The run's last call may be there before what was done earlier: CloudTrail delivers in no order. */
const deliveryMs = 15 * 60_000;

function isTooEarly({marks}: TrailWindowOptions, {clock}: Ctx): boolean {
  const ended = marks.findLast(({phase}) => phase === 'end')?.at ?? clock.now();
  return clock.now() - ended < deliveryMs;
}

/** Why what was read may not be all, though the run's own calls are there. */
function doubtsOf({files}: CloudTrailInput, options: TrailWindowOptions, ctx: Ctx): readonly string[] {
  return [
    ...(isTooEarly(options, ctx)
      ? [
          'it was read less than 15 minutes after the end, and CloudTrail delivers in no order: `wait-for: 20m` of the audit source waits for it',
        ]
      : []),
    ...(files === undefined
      ? []
      : ['the digests of the log files are not checked, so that one that is missing would not show']),
  ];
}

/** Asked for by the run's own key alone: the whole window is long, and is read once. */
async function isLastLookedUp({marks, regions}: TrailWindowOptions, ctx: Ctx): Promise<boolean> {
  for (const end of lastCalls(marks, regions)) {
    if (end === undefined) continue;
    const {region, at, key} = end;
    const records = await lookUp({region, since: at - marginMs, until: at + marginMs, key}, ctx);
    if (!isMarkAmong(records, end)) return false;
  }
  return true;
}

/** A call that was never made is not waited for. */
function isLastAmong(records: Records, {marks, regions}: TrailWindowOptions): boolean {
  return lastCalls(marks, regions).every((end) => end === undefined || isMarkAmong(records, end));
}

async function lookUpWindow(options: TrailWindowOptions, ctx: Ctx): Promise<Records> {
  const records: (TrailRecord | undefined)[] = [];
  const {since, until} = windowOf(options, ctx);
  for (const region of options.regions) records.push(...(await lookUp({region, since, until}, ctx)));
  return records;
}

/** A trail's files go back far: what is not of the run's time is not kept. */
async function readFiles(files: string, options: TrailWindowOptions, ctx: Ctx): Promise<Records> {
  const records: (TrailRecord | undefined)[] = [];
  const {since, until} = windowOf(options, ctx);
  await readTrailFiles(path.resolve(ctx.base, files), (record) => {
    const time = record === undefined ? since : Date.parse(record.eventTime);
    if (time >= since && time <= until) records.push(record);
  });
  return records;
}

function windowOf({marks}: TrailWindowOptions, {clock}: Ctx): Pick<Lookup, 'since' | 'until'> {
  const now = clock.now();
  const ended = marks.findLast(({phase}) => phase === 'end')?.at ?? now;
  return {since: (marks[0]?.at ?? now) - marginMs, until: ended + marginMs};
}

function blindSpots({files}: CloudTrailInput, {regions}: TrailWindowOptions): readonly string[] {
  return [
    'who reads or writes objects, tables and queues is not recorded, unless a trail is told to',
    "a call that is refused before AWS knows whose key it is is not recorded, and one that is delivered after the run's last is not missed",
    'what was handed out before the run shows in what is done with it alone',
    "what the run's own probes ask with the integration's key stands there as the integration's",
    ...(files === undefined
      ? [
          `what is done in other regions than ${regions.join(' and ')} is not read; a sign-in to the console may stand in another`,
        ]
      : []),
  ];
}

function noOwnKey(): DriverError {
  return new DriverError(
    'Expected a `role` on the connection, which the run takes as a session of its own, got none: with the key of the operator, nothing in CloudTrail tells the run from a person. Name a role, or say `blind`.',
    {code: 'conflict', detail: 'no-own-key'},
  );
}
