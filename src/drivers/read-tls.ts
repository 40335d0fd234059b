import {readFile} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {DriverError} from '../contract/driver-error.ts';
import {secretString} from '../contract/secret.ts';

/** Who is trusted, and who one is, over TLS. Without `ca`, whom Node trusts; with it, that CA alone. */
export const tlsField = z
  .strictObject({
    ca: z.string().min(1).optional().meta({description: 'A file of PEM certificates: the only CA that is trusted'}),
    certificate: z.string().min(1).optional().meta({description: 'A file with the client certificate, in PEM'}),
    key: secretString('key of the client certificate').optional().meta({description: 'Its key, in PEM'}),
  })
  .refine(({certificate, key}) => (certificate === undefined) === (key === undefined), {
    message: 'Expected `certificate` and `key` together.',
  })
  .meta({description: 'Who is trusted, and the certificate that is shown'});
export type Tls = z.infer<typeof tlsField>;

/** In PEM. */
export type TlsTexts = {readonly ca?: string; readonly cert?: string; readonly key?: string};

/** Reads the files of `tls`, from `base`. Throws a DriverError that names the one that can't be read. */
export async function readTls({ca, certificate, key}: Tls, base: string): Promise<TlsTexts> {
  return {
    ...(ca === undefined ? {} : {ca: await readPem(path.resolve(base, ca), 'the CA’s certificate')}),
    ...(certificate === undefined
      ? {}
      : {cert: await readPem(path.resolve(base, certificate), 'the client’s certificate')}),
    ...(key === undefined ? {} : {key}),
  };
}

async function readPem(file: string, what: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    throw notReadable(file, what, errno);
  });
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw notReadable(file, what, 'a file without a PEM certificate');
}

function notReadable(file: string, what: string, found: string): DriverError {
  return new DriverError(`Expected \`${file}\` to hold ${what} in PEM, got ${found}. Correct the path.`, {
    code: 'failed',
    detail: 'tls-file',
  });
}
