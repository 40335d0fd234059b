import path from 'node:path';
import * as z from 'zod';
import {largestSkewMs} from '../../contract/clock.ts';
import {DriverError} from '../../contract/driver-error.ts';
import {durationField} from '../../contract/fields.ts';
import type {AuditSource, AuditWindow, Context} from '../../contract/operation.ts';
import {isEmulated} from './place.ts';
import type {AwsSession} from './session.ts';
import {declaredPrincipal, readPrincipals} from './trail-actors.ts';
import {findHoles} from './trail-digests.ts';
import {listTrailFiles, readTrailFiles} from './trail-files.ts';
import {type Lookup, lookUp, newestEvent} from './trail-lookup.ts';
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
/** The keys and marks of the run are its own, and known wherever it is gone on with. */
const notes = z.strictObject({declared: z.array(declaredPrincipal)});
type Notes = Pick<TrailWindowOptions, 'declared'>;
type Window = AuditWindow<Notes>;

const askAgainMs = 15_000;
/** What the run made is looked for so much around it: this machine's clock is not AWS's. */
const marginMs = 2 * largestSkewMs;

export const cloudtrail: AuditSource<CloudTrailInput, Notes, AwsSession> = {
  description:
    'What CloudTrail records of the account: asked for by LookupEvents, or read from the log files of a trail.',
  input,
  late: {notes},
  needs: ({files}) => (files === undefined ? [{path: '*', capabilities: ['cloudtrail:LookupEvents']}] : []),

  /** The record can be read, and the run can be told from whoever started it. That it grows shows only minutes later. */
  check: async ({files}, ctx) => {
    const {connection, clock, base} = ctx;
    if (isEmulated(connection.place)) return;
    if (!connection.hasOwnKey) throw noOwnKey();
    if (files !== undefined) await listTrailFiles(path.resolve(base, files));
    else
      for (const region of trailRegions(connection.place.region))
        await newestEvent({region, since: clock.now() - marginMs, until: clock.now()}, ctx);
  },

  note: async (_given, identities) => ({declared: readPrincipals(identities)}),

  read: async (given, window, ctx) => {
    const {connection} = ctx;
    if (isEmulated(connection.place)) {
      return {events: [], completeTo: undefined, gaps: ['an emulator keeps no CloudTrail'], entries: 0, knownBy};
    }
    const {account, ownKeys, marks, place} = connection;
    const {declared} = window.notes;
    const options = {account, ownKeys, marks, declared, regions: trailRegions(place.region)};
    const {records, doubts} = await readOnceDelivered(given, window, options, ctx);
    const reading = readTrailWindow(records, {...options, readLater: readLater(ctx)});
    return {
      ...reading,
      ...(doubts.length === 0 ? {} : {completeTo: undefined}),
      gaps: [...reading.gaps, ...doubts],
      blind: blindSpots(given, options),
    };
  },
};

async function readOnceDelivered(
  given: CloudTrailInput,
  window: Window,
  options: TrailWindowOptions,
  ctx: Ctx,
): Promise<{readonly records: Records; readonly doubts: readonly string[]}> {
  const {clock} = ctx;
  const deadline = clock.now() + Math.max(given['wait-for'], window.waitForMs);
  let isAwaited = false;
  for (;;) {
    const found = given.files === undefined ? undefined : await readFiles(given.files, options, ctx);
    const isDelivered = found === undefined ? await isLastLookedUp(options, ctx) : isLastAmong(found.records, options);
    const doubts = await doubtsOf(given, found, options, ctx);
    const left = deadline - clock.now();
    const isWaitedFor = left > 0 && !window.hurry.aborted && !isTooLate(given, options, ctx);
    if ((isDelivered && doubts.length === 0) || !isWaitedFor)
      return {records: await readWindow(given, options, ctx), doubts};
    if (!isAwaited) window.awaits(deadline);
    isAwaited = true;
    await pause(Math.min(askAgainMs, left), window, ctx);
  }
}

/** After its digests were found whole: a file that was copied meanwhile is among them, and would be missed. */
async function readWindow(given: CloudTrailInput, options: TrailWindowOptions, ctx: Ctx): Promise<Records> {
  return given.files === undefined ? lookUpWindow(options, ctx) : (await readFiles(given.files, options, ctx)).records;
}

/** Shorter where nobody waits any more. */
async function pause(ms: number, {hurry}: Window, {clock, signal}: Ctx): Promise<void> {
  try {
    await clock.sleep(ms, AbortSignal.any([signal, hurry]));
  } catch (error) {
    if (signal.aborted || !hurry.aborted) throw error;
  }
}

/** The run's last call may be there before what was done earlier: CloudTrail delivers in no order. */
const deliveryMs = 15 * 60_000;

function isTooEarly({marks}: TrailWindowOptions, {clock}: Ctx): boolean {
  const ended = marks.findLast(({phase}) => phase === 'end')?.at;
  return ended !== undefined && clock.now() - ended < deliveryMs;
}

const keptMs = 90 * 24 * 3_600_000;

/** Asked, it answers for so long, and then with less and less. */
function isTooLate({files}: CloudTrailInput, {marks}: TrailWindowOptions, {clock}: Ctx): boolean {
  return files === undefined && clock.now() - (marks[0]?.at ?? clock.now()) > keptMs;
}

/** Why what was read may not be all, though the run's own calls are there. */
async function doubtsOf(
  given: CloudTrailInput,
  found: FoundInFiles | undefined,
  options: TrailWindowOptions,
  ctx: Ctx,
): Promise<readonly string[]> {
  const early = `it was read less than 15 minutes after the end, and CloudTrail delivers in no order: ${readLater(ctx)}`;
  const late = 'it was read more than 90 days after the run began, and CloudTrail keeps no more';
  const {since, until} = windowOf(options, ctx);
  return [
    ...(isTooEarly(options, ctx) ? [early] : []),
    ...(isTooLate(given, options, ctx) ? [late] : []),
    ...(given.files === undefined || found === undefined
      ? []
      : await findHoles(path.resolve(ctx.base, given.files), {
          account: options.account,
          span: {since, until: until + deliveryMs},
          marked: found.marked,
        })),
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

type FoundInFiles = {
  readonly records: Records;
  /** By region: the files in which the run's last call there stands. */
  readonly marked: ReadonlyMap<string, readonly string[]>;
};

/** A trail's files go back far: what is not of the run's time is not kept. */
async function readFiles(files: string, options: TrailWindowOptions, ctx: Ctx): Promise<FoundInFiles> {
  const records: (TrailRecord | undefined)[] = [];
  const marked = new Map<string, string[]>(options.regions.map((region) => [region, []]));
  const ends = lastCalls(options.marks, options.regions);
  const {since, until} = windowOf(options, ctx);
  await readTrailFiles(path.resolve(ctx.base, files), (record, file) => {
    const time = record === undefined ? since : Date.parse(record.eventTime);
    if (time >= since && time <= until) records.push(record);
    for (const end of ends) if (end !== undefined && isMarkAmong([record], end)) marked.get(end.region)?.push(file);
  });
  return {records, marked};
}

function windowOf({marks}: TrailWindowOptions, {clock}: Ctx): Pick<Lookup, 'since' | 'until'> {
  const now = clock.now();
  return {since: (marks[0]?.at ?? now) - marginMs, until: (marks.at(-1)?.at ?? now) + marginMs};
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
      : ["that the digests of the log files are AWS's own is not checked: `aws cloudtrail validate-logs` does"]),
  ];
}

/** How what has not come in yet is read when it has. */
function readLater({run}: Ctx): string {
  return `\`run --wait-for-audit 20m\` waits for it, and \`offdrill report ${run} --reconcile\` reads it again later`;
}

export function noOwnKey(): DriverError {
  return new DriverError(
    'Expected a `role` on the connection, which the run takes as a session of its own, got none: with the key of the operator, nothing in CloudTrail tells the run from a person. Name a role, or say `blind`.',
    {code: 'conflict', detail: 'no-own-key'},
  );
}
