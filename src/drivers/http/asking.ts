import * as z from 'zod';
import {tlsField} from '../read-tls.ts';
import {webAddress} from './address.ts';

/** JSON as it stands in a drill. */
export const jsonField = z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]);

/** What every request says, whatever it is for. */
export const askingFields = {
  url: webAddress,
  headers: z
    .record(z.string(), z.string())
    .optional()
    .meta({description: 'Sent as they are, to this origin alone; may hold secrets'}),
  tls: tlsField.optional(),
};

/** The certificates of `tls` are of no use where nothing is encrypted, and would seem to protect. */
export function needsNoTls({url, tls}: {readonly url: string; readonly tls?: unknown}): boolean {
  return tls === undefined || !url.startsWith('http:');
}

export const tlsOverPlainHttp = 'Expected an https URL beside `tls`.';
