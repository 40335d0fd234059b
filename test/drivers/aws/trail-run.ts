import {readFileSync} from 'node:fs';
import path from 'node:path';
import type {AuditReading, DeclaredIdentity} from '../../../src/contract/operation.ts';
import {readPrincipals} from '../../../src/drivers/aws/trail-actors.ts';
import type {TrailMark} from '../../../src/drivers/aws/trail-marks.ts';
import {readRecord} from '../../../src/drivers/aws/trail-record.ts';
import {readTrailWindow} from '../../../src/drivers/aws/trail-window.ts';

const account = '123456789012';
export const regions = ['eu-central-1', 'us-east-1'] as const;
export const key = 'ASIARUNRUNRUNRUNRUN1';
export const runAt = Date.parse('2026-11-29T12:00:00Z');

export const fixtures = path.join(import.meta.dirname, '../../fixtures/cloudtrail');

export type RawRecord = Readonly<Record<string, unknown>> & {readonly requestID: string; readonly eventName: string};

/** One run as CloudTrail tells it, in its own format. */
export function recorded(region: string): readonly RawRecord[] {
  return JSON.parse(readFileSync(path.join(fixtures, `${region}.json`), 'utf8')).Records;
}

export const mark = (
  phase: string,
  seconds: number,
  requestId = `req-${phase}`,
  region = 'eu-central-1',
): TrailMark => ({
  account,
  region,
  phase,
  key,
  requestId,
  at: runAt + seconds * 1000 + 400,
});

export const marks: readonly TrailMark[] = [
  mark('begin', 0),
  mark('preflight', 0),
  mark('shutdown', 10),
  mark('settle', 20),
  mark('rollback', 30),
  mark('audit', 45),
  mark('end', 50, 'req-end-us', 'us-east-1'),
  mark('end', 50, 'req-end-eu'),
];

export const identities: readonly DeclaredIdentity[] = [
  {role: 'integration', spec: {user: 'billing'}},
  {role: 'integration', spec: {role: 'billing-sync'}},
  {role: 'workload', spec: {role: 'checkout'}},
];

/** What the source tells of these records, as of the recorded run. */
export function readRun(records: readonly unknown[], made = marks): Omit<AuditReading, 'blind'> {
  const declared = readPrincipals(identities);
  return readTrailWindow(records.map(readRecord), {
    account,
    regions,
    ownKeys: [key],
    marks: made,
    declared,
    readLater: 'it is read later',
  });
}

export const everything = (): readonly RawRecord[] => regions.flatMap(recorded);

export function told({events}: Pick<AuditReading, 'events'>): readonly string[] {
  return events.map(({phase, effect, operation, path: on, actor}) => {
    const who = actor.name === undefined ? actor.kind : `${actor.kind} ${actor.name}`;
    return `${phase}: ${effect} ${operation} ${on} by ${who}`;
  });
}
