import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {createServer, type RequestListener} from 'node:http';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {listen} from '../drivers/http/serve.ts';
import {type CliRun, programFile, runShell} from '../helpers/run-cli.ts';

/** Clears a screen, sets a title, in 7 bits and in 8; ends a line; turns the direction, hides, joins; deletes. */
const hostile = '\u001b[2J\u001b]0;owned\u0007\u009b2J\u0085\u2028\u202e\u2066\u200b\u{e0041}\u007f\r end';
/** As a double-quoted scalar of YAML. */
const inYaml = JSON.stringify(hostile).replace(/[^ -~]/gu, (character) =>
  [...character].map((one) => `\\U${one.codePointAt(0)?.toString(16).padStart(8, '0')}`).join(''),
);
const forbidden = /[^\P{Cc}\n\t]|[\p{Cf}\p{Zl}\p{Zp}]/u;

describe('hostile text from outside', () => {
  let base: string;
  let runs = 0;

  beforeAll(async () => {
    base = await mkdtemp(path.join(tmpdir(), 'offdrill-hostile-'));
  });
  beforeEach(() => {
    runs += 1;
  });
  afterAll(() => rm(base, {recursive: true, force: true}));

  const stateDir = (): string => path.join(base, `state-${runs}`);
  const offdrill = (args: string): Promise<CliRun> =>
    runShell(`'${process.execPath}' '${programFile('offdrill')}' --state-dir '${stateDir()}' ${args}`, {cwd: base});

  /** Everything that was shown, and every file that the run wrote but the copy of the drill. */
  const written = async (shown: readonly CliRun[]): Promise<ReadonlyMap<string, string>> => {
    const runsFolder = path.join(stateDir(), 'runs');
    const [run = ''] = await readdir(runsFolder);
    const names = (await readdir(path.join(runsFolder, run))).filter((name) => name !== 'drill.yaml');
    const files = names.map(async (name) => [name, await readFile(path.join(runsFolder, run, name), 'utf8')] as const);
    const texts = shown.flatMap(({stdout, stderr}, at) => [
      [`stdout ${at}`, stdout] as const,
      [`stderr ${at}`, stderr] as const,
    ]);
    return new Map([...texts, ...(await Promise.all(files))]);
  };
  const raw = (texts: ReadonlyMap<string, string>): readonly string[] =>
    [...texts].flatMap(([name, text]) => {
      const found = forbidden.exec(text);
      return found === null
        ? []
        : [`${name}: ${JSON.stringify(text.slice(Math.max(0, found.index - 40), found.index + 40))}`];
    });

  it.each(['line', 'github'])('never gets through raw where steps and servers tell it: %s', async (reporter) => {
    let asked = 0;
    const {port} = await listen(
      createServer((_request, response) => {
        asked += 1;
        response.end(JSON.stringify({startedAt: `${hostile}${Math.floor(asked / 40)}`, error: hostile}));
      }),
    );
    await writeFile(path.join(base, 'local.yaml'), localDrill(port));

    const run = await offdrill(`run local.yaml --yes --reporter ${reporter}`);
    const reports = await Promise.all(['text', 'json', 'junit'].map((format) => offdrill(`report -f ${format}`)));
    const others = await Promise.all([
      offdrill('plan local.yaml'),
      offdrill('plan local.yaml --json'),
      offdrill('validate local.yaml --json'),
      offdrill('doctor local.yaml'),
      offdrill('list'),
    ]);

    const texts = await written([run, ...reports, ...others]);
    expect(raw(texts)).toEqual([]);
    expect(texts.get('journal.ndjson')).toContain('probe.instance');
    expect(texts.get('journal.ndjson')).toContain('Its last words: ');
    expect(texts.get('result.json')).toContain('Its last words: ');
    expect(JSON.parse(texts.get('plan.json') ?? '')).toMatchObject({drill: {title: hostile}});
    expect(texts.get('report.txt')).toContain('\\u{1b}[2J');
  });

  it.each([
    ['says that it is another cluster', 200, {cluster_name: hostile, version: hostile, sealed: false}],
    ['fails with words of its own', 500, {errors: [hostile]}],
    ['breaks the form of its answer', 200, {[hostile]: hostile}],
  ])('never gets through raw where Vault %s', async (_what, status, body) => {
    const answer: RequestListener = (_request, response) =>
      response
        .writeHead(status, {'content-type': 'application/json'})
        .end(JSON.stringify({initialized: true, ...body}));
    const {port} = await listen(createServer(answer));
    await writeFile(path.join(base, 'vault.yaml'), vaultDrill(port));
    const vault = 'OFFDRILL_TOKEN=hvs.operator';

    const run = await runShell(
      `${vault} '${process.execPath}' '${programFile('offdrill')}' --state-dir '${stateDir()}' run vault.yaml --yes --json`,
      {cwd: base},
    );
    const others = await Promise.all([
      offdrill('report'),
      runShell(`${vault} '${process.execPath}' '${programFile('offdrill')}' doctor vault.yaml --json`, {cwd: base}),
    ]);

    expect([2, 3]).toContain(run.exitCode);
    expect(raw(await written([run, ...others]))).toEqual([]);
  });

  it('never gets through raw from the words that were typed', async () => {
    const typed = hostile.replaceAll(/[\r\u2028\u0085]/g, '');
    const complaints = await Promise.all([
      offdrill(`run '${typed}.yaml' --yes`),
      offdrill(`report '${typed}'`),
      offdrill(`resume '${typed}'`),
      offdrill(`drivers '${typed}'`),
      offdrill(`list --vars '${typed}'`),
      offdrill(`plan x.yaml --vars '${typed}'`),
      offdrill(`plan x.yaml --var '${typed}'`),
    ]);

    const shown = complaints.map(({stderr}, at) => [String(at), stderr] as const);
    expect(raw(new Map(shown))).toEqual([]);
  });
});

function localDrill(port: number): string {
  const address = `http://127.0.0.1:${port}`;
  return `
version: 1
name: hostile
title: ${inYaml}
integration: {name: hostile, owner: team@example.com, environment: staging}
guard: {allow: [{http: "${address}"}, {command: [sh, -c]}]}
access:
  app: {uses: http/get, with: {url: "${address}/app", status: [200]}, every: 50ms, expect: [unreachable], denied-within: 2s}
dependents:
  other: {uses: http/get, with: {url: "${address}/other", status: [200]}, every: 50ms, instance: json.startedAt}
shutdown:
  - id: fails
    uses: command/run
    with: {argv: [sh, -c, 'sleep 1; printf "%s" "$WORDS" >&2; exit 1'], env: {WORDS: ${inYaml}}}
    check: {uses: http/get, with: {url: "${address}/app", status: [200]}, expect: [unreachable]}
    rollback: {none: ${inYaml}}
settle: 100ms
audit: {command: {blind: ${inYaml}}}
`;
}

function vaultDrill(port: number): string {
  const address = `http://127.0.0.1:${port}`;
  return `
version: 1
name: hostile
title: hostile
integration: {name: hostile, owner: team@example.com, environment: staging}
guard: {allow: [{vault: "${address}", cluster: lab}, {http: "${address}"}]}
secrets: {token: {env: OFFDRILL_TOKEN}}
connections: {vault: {driver: vault, address: "${address}", token: "\${{ secrets.token }}"}}
capture: {holdings: {uses: vault/holdings, on: vault, with: {approle: hostile}}}
access: {holdings: {uses: vault/holdings-alive, on: vault, with: {holdings: "\${{ capture.holdings }}"}, denied-within: 2s}}
dependents: {other: {uses: http/get, with: {url: "${address}/other", status: [200]}, every: 50ms}}
shutdown: [{id: revoke, uses: vault/revoke-tokens, on: vault, with: {approle: hostile}, rollback: {none: nothing}}]
audit: {vault: {blind: none}}
`;
}
