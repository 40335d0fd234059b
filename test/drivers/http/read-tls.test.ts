import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {holdsSecret} from '../../../src/contract/secret.ts';
import {readTls, tlsField} from '../../../src/drivers/read-tls.ts';
import {makeCertificate} from './certificate.ts';

describe('drivers/read-tls', () => {
  it('reads the files from the folder of the drill', async () => {
    const {file, cert, key} = await makeCertificate();
    const given = tlsField.parse({ca: 'cert.pem', certificate: file, key});

    expect(await readTls(given, path.dirname(file))).toEqual({ca: cert, cert, key});
  });

  it('reads nothing where nothing is given', async () => {
    expect(await readTls({}, '/')).toEqual({});
  });

  it.each(['ca', 'certificate'] as const)('names the file of `%s` that is not there', async (name) => {
    const reading = readTls({[name]: 'none.pem'}, '/no/such/folder');

    await expect(reading).rejects.toMatchObject({
      code: 'failed',
      detail: 'tls-file',
      message: expect.stringMatching(/`\/no\/such\/folder\/none\.pem` .*ENOENT/),
    });
  });

  it('refuses a file that holds no certificate', async () => {
    const {keyFile} = await makeCertificate();

    const reading = readTls({ca: path.basename(keyFile)}, path.dirname(keyFile));

    await expect(reading).rejects.toMatchObject({message: expect.not.stringContaining('PRIVATE KEY')});
  });

  it.each([{certificate: 'a.pem'}, {key: 'a key'}, {ca: ''}, {cert: 'a.pem'}])('refuses the input %j', (given) => {
    expect(tlsField.safeParse(given).success).toBe(false);
  });

  it('knows the key for a secret', () => {
    expect(holdsSecret(tlsField)).toBe(true);
  });
});
