import {execFile} from 'node:child_process';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import {onTestFinished} from 'vitest';

const runFile = promisify(execFile);

export type Certificate = {cert: string; key: string; file: string; keyFile: string};

/** A certificate for `localhost` that nobody trusts, with the files it stands in until the test is over. */
export async function makeCertificate(): Promise<Certificate> {
  const folder = await mkdtemp(path.join(tmpdir(), 'certificate-'));
  onTestFinished(() => rm(folder, {recursive: true, force: true}));
  const [file, keyFile] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
  const made = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  const name = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', keyFile, '-out', file];
  await runFile('openssl', ['req', ...made.split(' '), ...name]);
  return {cert: await readFile(file, 'utf8'), key: await readFile(keyFile, 'utf8'), file, keyFile};
}
