import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {DriverError} from '../../../src/contract/driver-error.ts';
import {alsoDoes, answers, FakeSystem, throwsBefore} from '../../fixtures/drivers/fake-system.ts';
import {access, fakeDrill} from '../fake-drill.ts';
import {runFakeDrill} from '../run-fake-drill.ts';

const refused = new DriverError('Expected a yes, got 403.', {code: 'forbidden'});
const passing = new DriverError('Expected an answer, got 503.', {code: 'unavailable', retryable: true});

describe('run/phases/restored', () => {
  it('asks generation 1 before generation 2 logs in', async () => {
    const system = new FakeSystem();

    const {result} = await runFakeDrill(system, {drill: {access: {login: access('fake/login')}}});

    const restored = system.calls.slice(system.calls.indexOf('mark restored'));
    const order = restored.filter((call) => /^(observe login|take)/.test(call)).slice(0, 3);
    expect(order).toEqual(['observe login 1', 'take holdings', 'observe login 2']);
    expect(result).toMatchObject({verdict: 'pass', access: {login: {afterRollback: 'denied'}}});
  });

  it('captures again until something is held', async () => {
    const system = new FakeSystem();
    system.script('execute issue', (effect) => {
      setTimeout(effect, 250);
    });
    system.script('inspect issue', answers('applied'));

    const {all, result} = await runFakeDrill(system, {drill: {restoredWithinMs: 3000}});

    const counts = all('capture.taken').flatMap(({generation, count}) => (generation === 2 ? [count] : []));
    expect(counts[0]).toBe(0);
    expect(counts.at(-1)).toBe(1);
    expect(result).toMatchObject({verdict: 'pass', exitCode: 0});
  });

  it('captures again while a failure may pass', async () => {
    const system = new FakeSystem();
    system.script('take holdings', (effect) => effect(), 1);
    system.script('take holdings', throwsBefore(passing), 2);

    const {all, result} = await runFakeDrill(system, {drill: {restoredWithinMs: 3000}});

    expect(system.count('take holdings')).toBe(4);
    expect(all('capture.failed')).toEqual([]);
    expect(result.exitCode).toBe(0);
  });

  it('never repeats a refused login', async () => {
    const system = new FakeSystem();
    system.script('take holdings', (effect) => effect(), 1);
    system.script('take holdings', throwsBefore(refused));

    const {all} = await runFakeDrill(system, {drill: {restoredWithinMs: 3000}});

    expect(system.count('take holdings')).toBe(2);
    expect(all('capture.failed')).toMatchObject([{capture: 'holdings', generation: 2, code: 'forbidden'}]);
  });

  it('still looks at what needs no capture', async () => {
    const system = new FakeSystem();
    system.script('take holdings', (effect) => effect(), 1);
    system.script('take holdings', throwsBefore(refused));

    const {result} = await runFakeDrill(system);

    const reasons = result.criteria.restored.reasons.join('\n');
    expect(reasons).toContain('Capture `holdings` did not come back');
    expect(reasons).not.toContain('`shop`');
    expect(reasons).not.toContain('`server`');
  });

  it('waits for dependents that are asked rarely', async () => {
    const {shop} = fakeDrill().dependents;
    if (shop === undefined) throw new Error('the drill has no shop');

    const {all, result} = await runFakeDrill(new FakeSystem(), {
      drill: {dependents: {shop: {...shop, everyMs: 80}}, restoredWithinMs: 3000},
    });

    const summary = all('probe.summary').find(({probe}) => probe === 'shop');
    expect(summary?.phases.restored?.allowed).toBeGreaterThanOrEqual(3);
    expect(result).toMatchObject({verdict: 'pass', exitCode: 0});
  });

  it('asks a login of one generation until it works', async () => {
    const system = new FakeSystem();
    system.credentials.set('static-secret', true);
    system.script(
      'execute issue',
      alsoDoes(() => system.credentials.set('static-secret', true)),
    );

    const {result} = await runFakeDrill(system, {
      drill: {access: {login: access('fake/login', {with: {secret: 'static-secret'}})}},
    });

    expect(result).toMatchObject({verdict: 'pass', exitCode: 0, access: {login: {afterRollback: 'allowed'}}});
  });

  describe('with a secret in a file', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'offdrill-secret-'));
    });
    afterEach(() => rm(folder, {recursive: true}));

    it('reads it again and says where it is gone', async () => {
      const {all, result} = await runFakeDrill(new FakeSystem(), {
        plan: (plan) => ({...plan, base: folder, secrets: {id: {file: 'secret-id'}}}),
      });

      expect(all('trouble')).toMatchObject([{where: 'secrets of generation 2', code: 'secret'}]);
      expect(result).toMatchObject({verdict: 'fail', exitCode: 1});
    });

    it('goes on with what the file holds then', async () => {
      await writeFile(path.join(folder, 'secret-id'), 'a-new-secret-id\n');

      const {result} = await runFakeDrill(new FakeSystem(), {
        plan: (plan) => ({...plan, base: folder, secrets: {id: {file: 'secret-id'}}}),
      });

      expect(result.exitCode).toBe(0);
    });
  });
});
