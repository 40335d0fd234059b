import {execFile} from 'node:child_process';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import type {PostgresServer} from '../../helpers/postgres-server.ts';
import {startShop} from './shop.ts';

const runFile = promisify(execFile);

export type SecuredShop = {
  readonly server: PostgresServer;
  /** The server's own certificate, for `localhost`: it is its own CA. */
  readonly ca: string;
  readonly certificate: {readonly cert: string; readonly key: string};
  /** The certificate of a CA that has nothing to do with it. */
  readonly otherCa: string;
  stop(): Promise<void>;
};

/** As the shop, with TLS on. */
export async function startSecuredShop(): Promise<SecuredShop> {
  const folder = await mkdtemp(path.join(tmpdir(), 'offdrill-certificate-'));
  const own = await makeCertificate(folder, 'own');
  const other = await makeCertificate(folder, 'other');
  const server = await startShop();
  const certificate = {cert: await readFile(own.file, 'utf8'), key: await readFile(own.keyFile, 'utf8')};
  await writeAsServer(server, 'server.crt', certificate.cert);
  await writeAsServer(server, 'server.key', certificate.key);
  await server.sql('alter system set ssl = on');
  await server.crash();
  await server.start();
  return {
    server,
    ca: own.file,
    certificate,
    otherCa: other.file,
    stop: async () => {
      await server.stop();
      await rm(folder, {recursive: true, force: true});
    },
  };
}

async function makeCertificate(folder: string, name: string): Promise<{file: string; keyFile: string}> {
  const [file, keyFile] = [path.join(folder, `${name}.pem`), path.join(folder, `${name}.key`)];
  const made = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  const names = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', keyFile, '-out', file];
  await runFile('openssl', ['req', ...made.split(' '), ...names]);
  return {file, keyFile};
}

/** Into its data folder, and readable by itself alone, since it takes no other key. */
async function writeAsServer(server: PostgresServer, name: string, text: string): Promise<void> {
  const lines = text.trim().split('\n');
  const literals = lines.map((line) => `'${line}'`).join(', ');
  await server.sql(`copy (select unnest(array[${literals}])) to program 'umask 077; cat > ${name}'`);
}
