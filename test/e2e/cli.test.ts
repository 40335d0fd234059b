import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {offdrill, projectFolder} from '../helpers/run-cli.ts';

const flagship = path.join(projectFolder, 'drills', 'orders-mcp.yaml');

describe('cli', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'offdrill-cli-'));
  });
  afterAll(() => rm(folder, {recursive: true, force: true}));

  const drillFile = async (text: string): Promise<string> => {
    const file = path.join(folder, 'drill.yaml');
    await writeFile(file, text);
    return file;
  };

  it('teaches what to do first and what exit codes mean', async () => {
    const {exitCode, stdout} = await offdrill('--help');

    expect(exitCode).toBe(0);
    expect(stdout).toContain('First steps:');
    expect(stdout).toContain('4 rollback failed or was given up');
  });

  it.each([
    [['--dry-rum'], "unknown option '--dry-rum'"],
    [['rum', 'drill.yaml'], 'Did you mean run?'],
    [['run'], "missing required argument 'file'"],
    [['run', flagship, '--until', 'settle'], 'Allowed choices are baseline'],
    [['run', flagship, '--max-duration', '60'], 'Expected a duration such as'],
    [['report', '--format', 'pdf'], 'Allowed choices are text, json'],
  ])('refuses %j as bad usage', async (args, message) => {
    const {exitCode, stderr} = await offdrill(...args);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  it('refuses to run unasked where no terminal is', async () => {
    const {exitCode, stderr} = await offdrill('run', flagship);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('Pass --yes');
  });

  it('validates the drills that come with it', async () => {
    const {exitCode, stdout, stderr} = await offdrill(
      'validate',
      flagship,
      flagship.replace('.yaml', '-token-only.yaml'),
    );

    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toHaveLength(2);
    expect(exitCode).toBe(0);
  });

  it('shows a mistake with its line, frame and hint', async () => {
    const file = await drillFile('version: 1\nname: x\ntitel: y\n');

    const {exitCode, stderr} = await offdrill('validate', file);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(`${file}:3:1 - error`);
    expect(stderr).toContain('> 3 | titel: y');
    expect(stderr).toContain('title');
  });

  it('refuses what it would touch outside the guard, also before variables are known', async () => {
    const text = (await readFile(flagship, 'utf8')).replace('[node, lab/cli.ts, stop, orders-mcp]', '[sh, -c, rm]');
    const file = await drillFile(text);

    const {exitCode, stderr} = await offdrill('validate', file);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('Expected every target to stand in `guard.allow`, got `command sh -c rm`.');
    expect(stderr).toContain('1 error');
  });

  it('names the variables that a plan lacks', async () => {
    const {exitCode, stderr} = await offdrill('plan', flagship);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('vars.vault');
  });

  it('names each secret that is not there', async () => {
    const vars = await drillFile(
      'vault: http://127.0.0.1:1\npostgres: 127.0.0.1:2\ncheckout: http://127.0.0.1:3\nassistant: http://127.0.0.1:4\norders-mcp: http://127.0.0.1:5/mcp\n',
    );

    const {exitCode, stderr} = await offdrill(
      'run',
      flagship,
      '--yes',
      '--vars',
      vars,
      '--state-dir',
      path.join(folder, 'state'),
    );

    expect(exitCode).toBe(2);
    expect(stderr).toContain('Secret `vault-token`: expected the environment variable OFFDRILL_VAULT_TOKEN');
    expect(stderr).toContain('Secret `secret-id`: expected the file `.lab/orders-mcp/secret-id`');
  });

  it('prints the committed schema', async () => {
    const {stdout} = await offdrill('schema');

    expect(JSON.parse(stdout)).toMatchObject({$schema: 'http://json-schema.org/draft-07/schema#'});
  });

  it('lists drivers and refuses an unknown one by name', async () => {
    const all = await offdrill('drivers');
    const one = await offdrill('drivers', 'vault');
    const none = await offdrill('drivers', 'vualt');

    expect(all.stdout).toContain('vault/revoke-leases');
    expect(one.stdout).toContain('prefix: string');
    expect(none.exitCode).toBe(2);
    expect(none.stderr).toContain('There are: command, http, mcp, postgres, vault.');
  });
});
