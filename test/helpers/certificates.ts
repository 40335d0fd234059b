import {execFile} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';

/** A CA of its own in `ca.pem`, and of it for each name `NAME.key` and `NAME.pem`, for localhost and 127.0.0.1. */
export async function makeCertificates(folder: string, names: readonly string[]): Promise<void> {
  const openssl = (...args: string[]) => promisify(execFile)('openssl', args, {cwd: folder});
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl('req', '-x509', ...ec, '-days', '2', '-subj', '/CN=staging CA', '-keyout', 'ca.key', '-out', 'ca.pem');
  await writeFile(path.join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  for (const name of names) {
    await openssl('req', ...ec, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
    await openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}.pem`);
  }
}
