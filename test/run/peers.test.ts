import {describe, expect, it} from 'vitest';
import {DriverError} from '../../src/contract/driver-error.ts';
import {
  alsoDoes,
  answers,
  doesNothing,
  FakeSystem,
  hangs,
  throwsBefore,
  waitsForAbort,
} from '../fixtures/drivers/fake-system.ts';
import {access, fakeDrill, planFakeDrill, reference, step} from './fake-drill.ts';
import {runFakeDrill} from './run-fake-drill.ts';

const raised = new Error('raised');
const refused = new DriverError('Expected a yes, got 403.', {code: 'forbidden', detail: '403'});
const twice = [step('revoke'), step('again')];

/** Each is a fault under which another drill runner ended well, or left its system as it should not be. */
describe('run/run-drill where others went wrong', () => {
  it.each([
    ['an action raises', raised],
    ['an action gets 403', refused],
  ])('fails and stops where %s', async (_name, error) => {
    const system = new FakeSystem();
    system.script('execute revoke', throwsBefore(error));

    const {result} = await runFakeDrill(system, {drill: {shutdown: twice}});

    expect(result).toMatchObject({verdict: 'fail', exitCode: 1, status: 'aborted'});
    expect(result.steps.map(({status}) => status)).toEqual(['failed', 'not-started']);
    expect(system.alive.length).toBeGreaterThan(0);
  });

  it.each([
    ['fails', throwsBefore(raised)],
    ['restores nothing', doesNothing()],
  ])('exits 4 where a rollback %s', async (_name, fault) => {
    const system = new FakeSystem();
    system.script('execute issue', fault);

    const {result} = await runFakeDrill(system);

    expect(result).toMatchObject({verdict: 'fail', exitCode: 4});
    expect(result.left.join()).toContain('do what `fake/issue`');
  });

  it('plays no rollback where the baseline is unmet', async () => {
    const system = new FakeSystem();
    system.healthy = false;

    const {result} = await runFakeDrill(system);

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 3});
    expect(system.count('execute')).toBe(0);
  });

  it('keeps its verdict where a value fits no JSON', async () => {
    const system = new FakeSystem();
    const endless: {itself?: unknown} = {};
    endless.itself = endless;
    system.script('prepare revoke', answers(endless));

    const {result, entries} = await runFakeDrill(system);

    expect(result.verdict).toBe('inconclusive');
    expect(entries.at(-1)?.type).toBe('scan.finished');
  });

  it('enforces its time limit on an action', async () => {
    const system = new FakeSystem();
    system.script('execute revoke', waitsForAbort());
    const before = performance.now();

    const {result} = await runFakeDrill(system, {maxDurationMs: 400});

    expect(result).toMatchObject({exitCode: 143, status: 'interrupted'});
    expect(performance.now() - before).toBeLessThan(4000);
  });

  it('fails where dependents fail for a second', async () => {
    const system = new FakeSystem();
    system.script(
      'mark settle',
      alsoDoes(() => system.script('observe healthy', answers({state: 'indeterminate', code: '500'}), 3)),
    );

    const {result} = await runFakeDrill(system);

    expect(result).toMatchObject({verdict: 'fail', exitCode: 1});
    expect(result.dependents.shop?.samples.indeterminate).toBe(3);
    expect(result.dependents.shop?.longestOutageMs).toBeGreaterThan(0);
  });

  it('goes on looking at all when one probe dies', async () => {
    const system = new FakeSystem();
    system.script(
      'mark shutdown',
      alsoDoes(() => system.script('observe held', hangs())),
    );

    const {result} = await runFakeDrill(system);

    expect(result.verdict).not.toBe('pass');
    expect(result.access.held?.surface).toBe('unproven');
    expect(result.access.new).toMatchObject({surface: 'dead', afterRollback: 'denied'});
    expect(result.access.server?.samples.unreachable).toBeGreaterThan(3);
  });

  it('has its intents on record before a crash', async () => {
    const system = new FakeSystem();
    const onRecord: string[] = [];
    system.script('execute revoke', (effect) => {
      onRecord.push(...entriesSoFar);
      return effect();
    });
    const entriesSoFar: string[] = [];

    await runFakeDrill(system, {
      onEvent: ({type, data}) => entriesSoFar.push(type === 'step.started' ? `${type} ${data.step}` : type),
    });

    expect(onRecord.at(-1)).toBe('step.started revoke');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('restores at a %s in an action, without being told to', async (cause) => {
    const system = new FakeSystem();

    const {result} = await runFakeDrill(system, {
      onEvent: ({type}, interruption) => {
        if (type === 'step.started' && interruption.cause === undefined) interruption.interrupt(cause);
      },
    });

    expect(result).toMatchObject({exitCode: cause === 'SIGINT' ? 130 : 143, status: 'interrupted'});
    expect([system.serving, system.alive.length > 0]).toEqual([true, true]);
  });

  it('finishes its rollbacks at a SIGTERM among them', async () => {
    const system = new FakeSystem();

    const {result} = await runFakeDrill(system, {
      onEvent: ({type}, interruption) => {
        if (type === 'rollback.started' && interruption.cause === undefined) interruption.interrupt('SIGTERM');
      },
    });

    expect(result.exitCode).toBe(143);
    expect(result.steps.map(({rollback}) => rollback)).toEqual(['succeeded', 'succeeded']);
  });

  it('ends where a server hangs and no limit was given', async () => {
    const system = new FakeSystem();
    system.script(
      'mark shutdown',
      alsoDoes(() => system.script('observe credential 1', hangs())),
    );

    const {result} = await runFakeDrill(system, {drill: {access: {new: access('fake/credential')}}});

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 3});
    expect(result.access.new?.surface).toBe('unproven');
    expect(system.alive).toEqual(['generation-2-secret']);
  });

  it('bounds a whole answer, not each piece of it', async () => {
    const system = new FakeSystem();
    const trickle = (_effect: unknown, signal: AbortSignal) =>
      new Promise((_resolve, reject) => {
        const piece = setInterval(() => undefined, 5);
        signal.addEventListener('abort', () => {
          clearInterval(piece);
          reject(signal.reason);
        });
      });
    system.script(
      'mark shutdown',
      alsoDoes(() => system.script('observe held', trickle)),
    );

    const {result} = await runFakeDrill(system);

    expect(result.access.held?.samples.unreachable).toBeGreaterThan(0);
    expect(result.verdict).not.toBe('pass');
  });

  it('refuses an address with a misspelt variable', async () => {
    const drill = fakeDrill({connections: {fake: {driver: 'fake', with: {address: reference('vars.adress')}}}});

    const planned = await planFakeDrill(new FakeSystem(), drill, {vars: {address: 'fake://system'}});

    expect(planned).toMatchObject({ok: false, error: [{code: 'guard-target', path: 'connections.fake'}]});
  });

  it('keeps a secret that a server gives back out of its record', async () => {
    const system = new FakeSystem();
    const secret = 'generation-1-secret';
    system.script('execute revoke', throwsBefore(new Error(`cannot revoke ${secret}`)));
    system.script('observe serve', answers({state: 'allowed', code: `Bearer ${secret}`}), 1);

    const {entries} = await runFakeDrill(system);

    const record = JSON.stringify(entries);
    expect(record).not.toContain(secret);
    expect(record).toContain('cannot revoke [REDACTED:');
  });
});
