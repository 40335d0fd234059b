import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {planAgain} from '../../src/api/plan-again.ts';
import {planBytes} from '../../src/api/read-drill.ts';
import type {Entry, JournalEvent} from '../../src/journal/entries.ts';

const text = `version: 1
name: shop
title: The shop can be removed
integration: {name: shop, owner: somebody@example.com, environment: staging}
guard: {allow: [{http: "\${{ vars.shop }}"}]}
access:
  page: {uses: http/get, with: {url: "\${{ vars.shop }}/", status: [200]}, expect: [unreachable], denied-within: 5s}
dependents:
  cart: {uses: http/get, with: {url: "\${{ vars.shop }}/cart", status: [200]}}
shutdown:
  - id: stop
    uses: http/request
    with: {url: "\${{ vars.shop }}/\${{ env.ADMIN_PATH }}", method: POST}
    check: {uses: http/get, with: {url: "\${{ vars.shop }}/", status: [200]}, expect: [unreachable]}
    rollback: {none: it comes back by itself}
audit: {http: {blind: nobody records it}}
`;

describe('api/plan-again', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'offdrill-again-'));
  });
  afterEach(() => rm(folder, {recursive: true, force: true}));

  const vars = {shop: 'http://127.0.0.1:8080'};
  const env = {ADMIN_PATH: 'admin/stop'};

  /** What a run of this drill records, with other inputs where they are given. */
  async function record(inputs: {vars?: Record<string, unknown>; env?: Record<string, string>} = {}) {
    const file = path.join(folder, 'original.yaml');
    const planned = await planBytes(new TextEncoder().encode(text), {file, vars, env, base: folder});
    if (!planned.ok) throw new Error(planned.error.render({color: false}));
    const {plan} = planned.value;
    await writeFile(path.join(folder, 'drill.yaml'), text);
    const events: JournalEvent[] = [
      {type: 'run.inputs', data: {base: folder, vars, env: plan.source.env, maxDurationMs: 1000, ...inputs}},
      {type: 'run.planned', data: plan.record},
    ];
    const entries = events.map(
      (event, seq) =>
        ({v: 1, seq, time: new Date(0).toISOString(), prev: '', ...JSON.parse(JSON.stringify(event))}) as Entry,
    );
    return {plan, entries};
  }

  it('gives the same plan, whatever the environment says by then', async () => {
    const {plan, entries} = await record();

    const again = await planAgain(folder, entries, {env: {ADMIN_PATH: 'somewhere/else'}});

    expect(again.ok && again.value.record).toEqual(plan.record);
    expect(plan.source.env).toEqual(env);
  });

  it('takes the drill file itself where the copy is not what was run', async () => {
    const {entries} = await record();
    await writeFile(path.join(folder, 'drill.yaml'), text.replace('The shop', 'Another shop'));

    const without = await planAgain(folder, entries, {env: {}});
    await writeFile(path.join(folder, 'original.yaml'), text);
    const withOriginal = await planAgain(folder, entries, {env: {}});

    expect(without).toMatchObject({ok: false, error: [{code: 'plan-changed'}]});
    expect(withOriginal.ok).toBe(true);
  });

  it.each([
    ['an address', {vars: {shop: 'http://127.0.0.1:9090'}}],
    ['an input of a step', {env: {ADMIN_PATH: 'other'}}],
  ])('refuses a plan in which %s is another', async (_what, inputs) => {
    const {entries} = await record(inputs);

    const again = await planAgain(folder, entries, {env: {}});

    expect(again).toMatchObject({
      ok: false,
      error: [
        {code: 'plan-changed', message: expect.stringContaining('would not be the same again. Nothing was touched.')},
      ],
    });
  });

  it('asks for a variable that held a secret', async () => {
    const {entries} = await record({vars: {shop: 'http://[REDACTED:token]'}});

    const refused = await planAgain(folder, entries, {env: {}});
    const given = await planAgain(folder, entries, {env: {}, vars});

    expect(refused).toMatchObject({
      ok: false,
      error: [{message: expect.stringContaining('`shop` held a secret, and is not recorded. Give it again by --var')}],
    });
    expect(given.ok).toBe(true);
  });

  it('keeps to the variables that were recorded, whatever others are given by now', async () => {
    const {entries} = await record({vars});

    const again = await planAgain(folder, entries, {env: {}, vars: {shop: 'http://127.0.0.1:9090', more: 1}});

    expect(again).toMatchObject({ok: true, value: {source: {vars}}});
  });

  it('says so where the journal holds no plan', async () => {
    expect(await planAgain(folder, [], {env: {}})).toMatchObject({ok: false, error: [{code: 'plan-changed'}]});
  });
});
