import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {createRedactor} from '../../../src/redact/redactor.ts';
import {scanRunFolder} from '../../../src/run/phases/scan.ts';
import {FakeSystem} from '../../fixtures/drivers/fake-system.ts';
import {runFakeDrill} from '../run-fake-drill.ts';

describe('run/phases/scan', () => {
  let folder: string;
  const redactor = createRedactor();
  redactor.add('s.very-secret-token', 'token');
  redactor.add('another-secret-password', 'password');

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'offdrill-scan-'));
  });
  afterEach(() => rm(folder, {recursive: true}));

  it('finds nothing in clean files', async () => {
    await writeFile(path.join(folder, 'journal.ndjson'), '{"token":"[REDACTED:token]"}');

    expect(await scanRunFolder(folder, redactor)).toEqual({files: 1, bytes: 28, secrets: 2, hits: []});
  });

  it('names each file and secret once', async () => {
    await mkdir(path.join(folder, 'sub'));
    const text = 's.very-secret-token s.very-secret-token another-secret-password';
    await writeFile(path.join(folder, 'sub', 'out.txt'), text);

    const {hits} = await scanRunFolder(folder, redactor);

    expect(hits).toHaveLength(2);
    expect(hits).toEqual(
      expect.arrayContaining([
        {file: path.join('sub', 'out.txt'), label: 'token'},
        {file: path.join('sub', 'out.txt'), label: 'password'},
      ]),
    );
  });

  it('finds a secret that lies across two pieces', async () => {
    const piece = 1 << 20;
    await writeFile(path.join(folder, 'large.txt'), `${'x'.repeat(piece - 5)} s.very-secret-token ${'y'.repeat(100)}`);

    expect((await scanRunFolder(folder, redactor)).hits).toEqual([{file: 'large.txt', label: 'token'}]);
  });

  it('makes a run with a leaked secret fail', async () => {
    const {result} = await runFakeDrill(new FakeSystem(), {leaked: 'it is generation-1-secret'});

    expect(result).toMatchObject({verdict: 'fail', exitCode: 1});
    expect(result.criteria.evidence).toEqual({
      state: 'unmet',
      reasons: ['The secret `credential` stands in `leaked.txt`.'],
    });
  });
});
