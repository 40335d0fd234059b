import * as z from 'zod';
import {durationField} from '../../contract/fields.ts';
import type {AuditSource, Context} from '../../contract/operation.ts';
import {exposedFields} from '../../contract/secret.ts';
import {type AuditDevice, commandDevice} from './audit-device.ts';
import {deviceField} from './audit-file.ts';
import {auditNeeds, checkDevices, type Notes, noteDevices, readDevices} from './audit-reading.ts';
import type {VaultSession} from './session.ts';

const input = z.strictObject({
  argv: z
    .array(z.string())
    .min(1)
    .register(exposedFields, {why: 'whoever is on this host can read the words of a command. Hand it over in `env`.'})
    .meta({
      description:
        'Prints the lines of the device, oldest first; `{from}` and `{to}` in it are the ends of the window, as 2026-11-22T22:56:00.000Z, and so are OFFDRILL_AUDIT_FROM and OFFDRILL_AUDIT_TO',
    }),
  env: z.record(z.string(), z.string()).optional(),
  device: deviceField,
  within: durationField
    .default(10_000)
    .meta({description: 'How long what was done may take to stand in what it prints; 10s'}),
  timeout: durationField.default(30_000).meta({description: 'How long it may take to print; 30s'}),
});
type Input = z.infer<typeof input>;

export const auditCommand: AuditSource<Input, Notes, VaultSession> = {
  description: 'An audit device whose log is kept elsewhere, as a command prints it.',
  input,
  needs: ({device}) => auditNeeds([device]),
  targets: ({argv}) => [{kind: 'command', address: argv}],
  check: (given, ctx) => checkDevices(devicesOf(given, ctx), ctx),
  note: (given, identities, ctx) => noteDevices(devicesOf(given, ctx), identities, ctx),
  read: (given, {notes}, ctx) => readDevices(devicesOf(given, ctx), notes, ctx),
};

function devicesOf(given: Input, ctx: Context): readonly AuditDevice[] {
  return [commandDevice(given, ctx)];
}
