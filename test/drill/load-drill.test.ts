// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like it
import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {loadDrill} from '../../src/drill/load-drill.ts';
import {sampleCatalog} from '../fixtures/drivers/sample-driver.ts';
import {drillOf, edit, flagship, loadText, problemsOf} from './load-flagship.ts';

describe('drill/load-drill', () => {
  it('loads the flagship as it is written', async () => {
    const {drill, warnings} = drillOf(await loadText(flagship));

    expect(warnings).toEqual([]);
    expect(drill).toMatchObject({
      file: 'drill.yaml',
      version: 1,
      name: 'orders-mcp',
      integration: {environment: 'staging', identities: [{kind: 'vault', spec: {approle: 'orders-mcp'}}]},
      workloads: [{kind: 'vault', spec: {approle: 'checkout'}}],
      settleMs: 5000,
    });
    expect(drill.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(drill.guard[0]).toEqual({kind: 'vault', address: '${{ vars.vault }}', cluster: 'offdrill-lab'});
    expect(drill.guard[5]).toEqual({kind: 'command', address: ['node', 'lab/cli.ts']});
    expect(drill.secrets).toEqual({
      'vault-token': {env: 'OFFDRILL_VAULT_TOKEN'},
      'db-admin': {env: 'OFFDRILL_DB_ADMIN_PASSWORD'},
      'secret-id': {file: '.lab/orders-mcp/secret-id'},
    });
    expect(drill.connections['orders-mcp']).toEqual({driver: 'mcp', with: {url: '${{ vars.orders-mcp }}'}});
    expect(Object.keys(drill.access)).toHaveLength(7);
    expect(drill.access['db-held-session']).toMatchObject({session: 'held', on: 'shop', deniedWithinMs: 10_000});
    expect(drill.dependents.checkout).toMatchObject({everyMs: 250, availability: 1, instance: 'json.startedAt'});
    expect(drill.shutdown.map(({id, rollback}) => [id, rollback.kind])).toEqual([
      ['stop-server', 'given'],
      ['destroy-secret-ids', 'own'],
      ['revoke-leases', 'none'],
      ['revoke-tokens', 'none'],
      ['end-sessions', 'none'],
    ]);
    expect(drill.audit).toMatchObject({vault: {kind: 'source', call: {on: 'vault'}}, shop: {kind: 'blind'}});
  });

  it('fills in what is left out', async () => {
    const {text} = edit(
      ['settle: 5s\n', ''],
      ['every: 500ms', 'every: 3s'],
      ['every: 250ms, availability: 100%, ', ''],
    );

    const {drill} = drillOf(await loadText(text));

    expect(drill).toMatchObject({settleMs: 10_000, restoredWithinMs: 60_000});
    expect(drill.access.token).toMatchObject({expect: ['denied'], everyMs: 1000, timeoutMs: 2000, session: 'new'});
    expect(drill.dependents.checkout).toMatchObject({everyMs: 1000, timeoutMs: 2000, availability: 1});
    expect(drill.dependents.assistant).toMatchObject({everyMs: 3000, timeoutMs: 3000});
    expect(drill.shutdown[1]).toMatchObject({restarts: [], rollback: {restarts: []}});
    expect(drill.shutdown[0]).toMatchObject({check: {timeoutMs: 2000}});
    for (const part of [drill.shutdown[0], drill.shutdown[0]?.rollback]) expect(part).not.toHaveProperty('withinMs');
  });

  it('reads restarts, limits and availability', async () => {
    const {text} = edit(
      [
        'id: destroy-secret-ids,',
        'id: destroy-secret-ids, within: 1m30s, restarts: [checkout], rollback: {restarts: [assistant]},',
      ],
      ['denied-within: 20s', 'denied-within: 20s, after: revoke-tokens'],
      ['availability: 100%', 'availability: 99.5%'],
      ['settle: 5s', 'settle: 5s\nrestored-within: 2m'],
    );

    const {drill} = drillOf(await loadText(text));

    expect(drill.shutdown[1]).toMatchObject({
      withinMs: 90_000,
      restarts: ['checkout'],
      rollback: {kind: 'own', restarts: ['assistant']},
    });
    expect(drill.access['login-again']).toMatchObject({after: 'revoke-tokens', deniedWithinMs: 20_000});
    expect(drill.dependents.checkout?.availability).toBeCloseTo(0.995);
    expect(drill.restoredWithinMs).toBe(120_000);
  });

  it('gives rollback and check the connection of the step', async () => {
    const given =
      'rollback: {uses: postgres/end-sessions, with: {member-of: x}, check: {uses: postgres/query, with: {sql: select 1}}}';
    const {text} = edit(['rollback: {none: sessions are opened again on demand}', given]);

    const {drill} = drillOf(await loadText(text));

    expect(drill.shutdown[4]?.rollback).toMatchObject({call: {on: 'shop'}, check: {on: 'shop', expect: ['denied']}});
  });

  it('gives no connection to what has none', async () => {
    const given =
      'rollback: {uses: command/run, with: {argv: [node, lab/cli.ts]}, check: {uses: http/get, with: {url: "http://localhost"}}}';
    const {text} = edit(['rollback: {none: sessions are opened again on demand}', given]);

    const {drill} = drillOf(await loadText(text));

    const rollback = drill.shutdown[4]?.rollback;
    expect(rollback?.kind === 'given' && rollback.call).not.toHaveProperty('on');
    expect(rollback?.kind === 'given' && rollback.check).not.toHaveProperty('on');
  });

  it('puts captures after those that they need', async () => {
    const token = flagship.split('\n').find((line) => line.startsWith('  token:    {')) ?? '';
    const {text} = edit([`${token}\n`, ''], ['\naccess:\n', `${token}\n\naccess:\n`]);

    const {drill} = drillOf(await loadText(text));

    expect(Object.keys(drill.capture)).toEqual(['token', 'db-user', 'holdings', 'backends']);
  });

  it('counts a capture as used through another', async () => {
    const {text} = edit([
      '  token:           {uses: vault/token, on: vault, with: {token: "${{ capture.token.token }}"}, denied-within: 10s}\n',
      '',
    ]);

    expect(problemsOf(await loadText(text))).toEqual([]);
  });

  it.each(['orders-mcp', 'orders-mcp-token-only'])('loads the drill %s that comes with it', async (name) => {
    const bytes = readFileSync(new URL(`../../drills/${name}.yaml`, import.meta.url));

    const loaded = await loadDrill({file: name, bytes}, {catalog: sampleCatalog});

    expect(problemsOf(loaded)).toEqual([]);
  });

  it('finds all mistakes at once, in their order', async () => {
    const {text} = edit(
      ['every: 250ms', 'every: 250'],
      ['title:', 'titel:'],
      ['uses: vault/revoke-leases', 'uses: vault/revoke'],
      ['environment: staging', 'environment: prod'],
      ['settle: 5s', 'settle: 5s\nsettle: 6s'],
    );

    const problems = problemsOf(await loadText(text));

    expect(problems.map(({code}) => code)).toEqual([
      'unknown-key',
      'production',
      'bad-duration',
      'unknown-operation',
      'duplicate-key',
    ]);
  });

  it('says where a part of the drill stands', async () => {
    const {locate} = drillOf(await loadText(flagship));
    const lines = flagship.split('\n');

    const vault = locate(['connections', 'vault']);
    const step = locate(['shutdown', 1]);
    const above = locate(['shutdown', 1, 'rollback', 'check']);

    expect(lines[vault.line - 1]?.slice(vault.column - 1).startsWith('vault: {driver')).toBe(true);
    expect(vault.length).toBe('vault'.length);
    expect(lines[step.line - 1]?.slice(step.column - 1).startsWith('{id: destroy-secret-ids')).toBe(true);
    expect(above).toEqual(step);
  });

  it('accepts any variable while none is known', async () => {
    expect(problemsOf(await loadText(flagship))).toEqual([]);
  });

  it('refuses a value from outside that holds a reference', async () => {
    const given = {
      vault: 'http://127.0.0.1:1',
      postgres: '127.0.0.1:1',
      checkout: 'http://127.0.0.1:1/${{ secrets.vault-token }}',
      assistant: 'http://127.0.0.1:1',
      'orders-mcp': 'http://127.0.0.1:1/mcp',
    };

    const problems = problemsOf(await loadText(flagship, {vars: given}));

    expect(new Set(problems.map(({code}) => code))).toEqual(new Set(['reference-in-value']));
    expect(problems[0]?.message).toContain('`${{ vars.checkout }}`');
  });

  it('names a variable that is not given', async () => {
    const vars = {
      vault: 'http://v',
      postgres: 'p:1',
      checkout: 'http://c',
      asistant: 'http://a',
      'orders-mcp': 'http://o',
    };

    const problems = problemsOf(await loadText(flagship, {vars}));

    expect(problems.map(({code, suggestion}) => [code, suggestion])).toEqual([
      ['unknown-reference', 'vars.asistant'],
      ['unknown-reference', 'vars.asistant'],
    ]);
    expect(problems[0]?.message).toContain('`vars.assistant`');
  });

  it('names a variable of the environment that is not set', async () => {
    const {text, line, column} = edit(['user: offdrill', 'user: "«${{ env.DB_USER }}"']);

    const unset = problemsOf(await loadText(text, {env: {}}));
    const set = problemsOf(await loadText(text, {env: {DB_USER: 'x'}}));
    const unknown = problemsOf(await loadText(text));

    expect(unset).toEqual([expect.objectContaining({code: 'unknown-reference', line, column})]);
    expect([...set, ...unknown]).toEqual([]);
  });

  it('shows no secret and no long value', async () => {
    const {text} = edit(
      ['password: "${{ secrets.db-admin }}"', 'password: [hunter2-hunter2]'],
      ['settle: 5s', `settle: ${'long'.repeat(40)}`],
    );

    const messages = problemsOf(await loadText(text)).map(({message}) => message);

    expect(messages).toHaveLength(2);
    expect(messages.join(' ')).not.toContain('hunter2');
    expect(messages.every(({length}) => length < 200)).toBe(true);
  });
});
