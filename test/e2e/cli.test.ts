import {copyFile, mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type CliRun, offdrill, projectFolder, runShell} from '../helpers/run-cli.ts';

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
    [['report', '--format', 'pdf'], 'Allowed choices are text, json, junit'],
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
    expect(none.stderr).toContain('There are: aws, command, http, manual, mcp, postgres, vault.');
  });

  it('completes in a shell, and shows nobody what the shell asks for', async () => {
    const script = await offdrill('completion', 'bash');
    const help = await offdrill('completion', '--help');
    const none = await offdrill('completion', 'tcsh');

    expect(script.stdout).toContain('complete -F _offdrill offdrill');
    expect(help.stdout).toContain('offdrill completion fish | source');
    expect(none.exitCode).toBe(2);
    expect((await offdrill('--help')).stdout).not.toContain('__complete');
  });

  it('warns of what a drill can not prove, and counts it with --strict', async () => {
    const file = await drillFile((await readFile(flagship, 'utf8')).replace(/^dependents:\n(?: {2}.*\n)+/m, ''));

    const plain = await offdrill('validate', file);
    const strict = await offdrill('validate', file, '--strict');

    expect(plain.exitCode).toBe(0);
    expect(plain.stderr).toContain('warning: No dependent is watched');
    expect(plain.stderr).toContain('[no-dependent]');
    expect(strict.exitCode).toBe(2);
  });

  describe('report', () => {
    const run = '20261123T065013Z-orders-mcp-fkqy';
    let stateDir: string;
    beforeAll(async () => {
      stateDir = path.join(folder, 'recorded');
      await mkdir(path.join(stateDir, 'runs', run), {recursive: true});
      const journal = path.join(projectFolder, 'test', 'fixtures', 'journals', 'token-only.ndjson');
      await copyFile(journal, path.join(stateDir, 'runs', run, 'journal.ndjson'));
    });

    it('writes JUnit for a run', async () => {
      const {exitCode, stdout, stderr} = await offdrill('report', '-f', 'junit', '--state-dir', stateDir);

      expect(stderr).toBe('');
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="offdrill" .*failures="3"/);
      expect(stdout).toContain(`<property name="run" value="${run}"/>`);
      expect(stdout).toMatch(/<\/testsuites>\n$/);
    });

    it('names the runs that there are to a shell', async () => {
      expect((await offdrill('__complete', 'runs', '--state-dir', stateDir)).stdout).toBe(`${run}\n`);
    });
  });

  describe('a run in which nobody answers', () => {
    let args: string;
    beforeAll(async () => {
      const base = path.join(folder, 'base');
      await mkdir(path.join(base, '.lab', 'orders-mcp'), {recursive: true});
      await writeFile(path.join(base, '.lab', 'orders-mcp', 'secret-id'), 'a-secret-id');
      const vars = Object.entries({
        vault: 'http://127.0.0.1:1',
        postgres: '127.0.0.1:2',
        checkout: 'http://127.0.0.1:3',
        assistant: 'http://127.0.0.1:4',
        'orders-mcp': 'http://127.0.0.1:5/mcp',
      }).map(([name, value]) => `--var '${name}=${value}'`);
      args = `run '${flagship}' --yes --base '${base}' --state-dir '${folder}/state' ${vars.join(' ')}`;
    });

    const main = `'${process.execPath}' '${path.join(projectFolder, 'src', 'cli', 'main.ts')}'`;
    const secrets = {OFFDRILL_VAULT_TOKEN: 'a-vault-token', OFFDRILL_DB_ADMIN_PASSWORD: 'a-db-password'};
    /** As CI and the environment of these tests must not decide. */
    const neutral = {CI: '', GITHUB_ACTIONS: '', NO_COLOR: '', TERM: 'xterm-256color', ...secrets};
    const start = (more: string, env: Record<string, string> = {}): Promise<CliRun> =>
      runShell(`-u FORCE_COLOR -u NO_COLOR ${main} ${args} ${more}`, {env: {...neutral, ...env}});
    /** The same on a terminal of 80 columns; what both streams write comes as one. */
    const onTerminal = (more: string, env = ''): Promise<CliRun> =>
      runShell(
        `-u FORCE_COLOR -u NO_COLOR ${env} script -qec "stty cols 80 rows 24; exec ${main.replaceAll('"', '')} ${args} ${more}" /dev/null`,
        {env: neutral},
      );

    it('writes lines in a pipe', async () => {
      const {exitCode, stderr} = await start('');

      expect(exitCode).toBe(3);
      expect(stderr).toMatch(/^\[\+\d+ms\] +phase guard$/m);
      expect(stderr).not.toContain('::');
      expect(stderr).not.toContain('\u001b');
    });

    it('writes groups and annotations on GitHub, and a report that is not obeyed', async () => {
      const {stdout, stderr} = await start('', {GITHUB_ACTIONS: 'true', CI: 'true', GITHUB_WORKSPACE: projectFolder});

      expect(stderr).toContain('\n::group::guard\n');
      expect(stderr).toMatch(/^::warning file=drills\/orders-mcp\.yaml,title=orders-mcp%3A baseline is unproven::/m);
      const word = /^::stop-commands::(\S+)$/m.exec(stdout)?.[1];
      expect(stdout.trimEnd().split('\n').at(-1)).toBe(`::${word}::`);
    });

    it('refuses to repaint where no terminal is', async () => {
      const {exitCode, stderr} = await start('--reporter live');

      expect(exitCode).toBe(2);
      expect(stderr).toContain('Expected a terminal for --reporter live, and there is none. Use --reporter line.');
    });

    it('repaints on a terminal and gives the cursor back', async () => {
      const {stdout} = await onTerminal('');

      expect(stdout).toContain('\u001b[?25l');
      expect(stdout.lastIndexOf('\u001b[?25h')).toBeGreaterThan(stdout.lastIndexOf('\u001b[?25l'));
      expect(stdout.lastIndexOf('\u001b[?7h')).toBeGreaterThan(stdout.lastIndexOf('\u001b[?7l'));
      expect(stdout).toContain('\u001b[1mVERDICT');
    });

    it.each([
      ['NO_COLOR=1', ''],
      ['TERM=dumb', ''],
      ['TERM=xterm', '--no-color'],
    ])('has no colour on a terminal with %s %s', async (env, more) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
      expect((await onTerminal(more, env)).stdout).not.toMatch(/\u001b\[\d+m/);
    });

    it('has colour in a pipe with FORCE_COLOR', async () => {
      const forced = await runShell(`-u NO_COLOR FORCE_COLOR=1 ${main} ${args}`, {env: neutral});

      expect(forced.stdout).toContain('\u001b[1mVERDICT');
    });
  });
});
