import * as z from 'zod';
import type {AuditSource, Context} from '../../contract/operation.ts';
import {type AuditDevice, fileDevice} from './audit-device.ts';
import {auditNeeds, checkDevices, type Notes, noteDevices, readDevices} from './audit-reading.ts';
import type {VaultSession} from './session.ts';

export const deviceField = z
  .string()
  .regex(/^[A-Za-z0-9_-]+$/)
  .default('main')
  .meta({description: 'The name of the audit device'});

const place = {
  path: z.string().min(1).meta({description: 'The file of the device, readable from here'}),
  device: deviceField,
};

const input = z.strictObject({
  ...place,
  also: z
    .array(z.strictObject(place))
    .default([])
    .meta({description: 'Further devices of the same server: what one of them lost may stand in another'}),
});
export type AuditFileInput = z.infer<typeof input>;

export const auditFile: AuditSource<AuditFileInput, Notes, VaultSession> = {
  description: 'File audit devices, read from the run’s own first event to its last.',
  input,
  needs: ({device, also}) => auditNeeds([device, ...also.map((other) => other.device)]),
  check: (given, ctx) => checkDevices(devicesOf(given, ctx), ctx),
  note: (given, identities, ctx) => noteDevices(devicesOf(given, ctx), identities, ctx),
  read: (given, {notes}, ctx) => readDevices(devicesOf(given, ctx), notes, ctx),
};

function devicesOf({path, device, also}: AuditFileInput, {base}: Context): readonly AuditDevice[] {
  return [{path, device}, ...also].map((each) => fileDevice(each, base));
}
