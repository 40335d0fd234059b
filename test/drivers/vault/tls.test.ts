import {once} from 'node:events';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {findBao} from '../../../lab/find-bao.ts';
import {type LabProcess, startProcess, stopProcess} from '../../../lab/processes.ts';
import {connection} from '../../../src/drivers/vault/connection.ts';
import {makeCertificates} from '../../helpers/certificates.ts';
import {contextOf, until} from '../../helpers/context.ts';

const signal = AbortSignal.timeout(120_000);

/** A real OpenBao that speaks TLS with a certificate of its own CA, and lets in only who shows one of that CA too. */
describe('drivers/vault over TLS', () => {
  let folder: string;
  let bao: LabProcess;
  let address: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'offdrill-tls-'));
    await makeCertificates(folder, ['server', 'client']);
    const port = await freePort();
    address = `https://localhost:${port}`;
    await writeFile(path.join(folder, 'config.hcl'), configuration(folder, port));
    const binary = await findBao(process.env, () => undefined);
    bao = startProcess([binary, 'server', `-config=${path.join(folder, 'config.hcl')}`], {
      log: path.join(folder, 'bao.log'),
      env: {HOME: folder},
      cwd: folder,
    });
    await until(async () =>
      (await ask({ca: 'ca.pem', certificate: 'client.pem', key: await key()})).startsWith('it is not'),
    );
  });
  afterAll(async () => {
    if (bao !== undefined) await stopProcess(bao);
    await rm(folder, {recursive: true, force: true});
  });

  const key = () => readFile(path.join(folder, 'client.key'), 'utf8');
  /** What asking for its name comes to; this server is not initialised, and says so to whoever is let in. */
  const ask = async (tls: object | undefined): Promise<string> => {
    const context = contextOf(undefined, {base: folder});
    try {
      const input = connection.input.parse({address, token: 'none', ...(tls === undefined ? {} : {tls})});
      const session = await connection.open(input, {...context, owned: () => [], ownedEarlier: () => []});
      await session.identify(signal);
      return 'identified';
    } catch (error) {
      const message = error instanceof Error ? error.message : '';
      return message.includes('it is not initialised') ? 'it is not initialised' : message;
    }
  };

  it('trusts the CA of the drill alone, and shows its certificate', async () => {
    expect(await ask({ca: 'ca.pem', certificate: 'client.pem', key: await key()})).toBe('it is not initialised');
  });

  it('is not trusted without its CA, whatever the environment says', async () => {
    expect(await ask(undefined)).toContain('to answer, got TLS.');
  });

  it('is not let in without a certificate', async () => {
    expect(await ask({ca: 'ca.pem'})).toMatch(/to answer, got (?:TLS|ECONNRESET|EPIPE)\./);
  });

  it('names the file that can’t be read', async () => {
    expect(await ask({ca: 'no-such.pem'})).toMatch(/Expected `.*no-such\.pem` to hold .*ENOENT/);
  });
});

function configuration(folder: string, port: number): string {
  const file = (name: string): string => JSON.stringify(path.join(folder, name));
  return `
storage "inmem" {}
listener "tcp" {
  address                            = "127.0.0.1:${port}"
  tls_cert_file                      = ${file('server.pem')}
  tls_key_file                       = ${file('server.key')}
  tls_client_ca_file                 = ${file('ca.pem')}
  tls_require_and_verify_client_cert = true
}
disable_clustering = true
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
