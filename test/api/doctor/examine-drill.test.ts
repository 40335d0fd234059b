import {describe, expect, it} from 'vitest';
import {examineDrill} from '../../../src/api/doctor/examine-drill.ts';
import {DriverError} from '../../../src/contract/driver-error.ts';
import type {Examination, Finding} from '../../../src/report/finding.ts';
import {createSystemClock} from '../../../src/util/system-clock.ts';
import {answers, FakeSystem, throwsBefore} from '../../fixtures/drivers/fake-system.ts';
import {fakeDrill, planFakeDrill} from '../../run/fake-drill.ts';
import {planFlagship} from './flagship.ts';

describe('api/doctor/examine-drill', () => {
  it('asks who is there and what may be done, and begins nothing', async () => {
    const system = new FakeSystem();

    const {exitCode, findings} = await examine(system);

    expect(exitCode).toBe(0);
    expect(findings.filter(({state}) => state === 'fail')).toEqual([]);
    expect(system.calls).toEqual(['identify', 'missing', 'server time', 'close']);
  });

  it('measures clocks against its own', async () => {
    const ahead = await examine(new FakeSystem(), {aheadMs: 90_000});
    const near = await examine(new FakeSystem(), {aheadMs: 30_000});

    expect(ahead.exitCode).toBe(3);
    expect(of(ahead, 'clock')).toMatchObject([
      {state: 'fail', message: expect.stringMatching(/by 1m30s; expected at most 1m/)},
    ]);
    expect(of(near, 'clock')).toMatchObject([
      {state: 'ok', message: expect.stringContaining('differs from this machine')},
    ]);
  });

  it('names every path that lacks and who needs it', async () => {
    const system = new FakeSystem();
    system.script('missing', answers([{path: 'auth/token', capabilities: ['update', 'sudo']}]));

    const examination = await examine(system);

    expect(examination.exitCode).toBe(3);
    expect(of(examination, 'permission')).toEqual([
      {
        state: 'fail',
        check: 'permission',
        subject: 'fake',
        message:
          'Expected its credential to have update, sudo on `auth/token`, and it has not. Needed by the connection itself.',
      },
    ]);
  });

  it('warns of what nobody can tell, once for each reason, and fails nothing for it', async () => {
    const system = new FakeSystem();
    const lack = {path: 'auth/token', capabilities: ['update', 'sudo'], unknown: 'it depends on the time'};
    system.script('missing', answers([lack, {...lack, path: 'auth/role'}, {...lack, unknown: 'it was refused'}]));

    const examination = await examine(system);

    expect(examination.exitCode).toBe(0);
    expect(of(examination, 'permission').map(({state, message}) => [state, message])).toEqual([
      [
        'warn',
        'Nobody can tell whether its credential has update, sudo on `auth/token`; update, sudo on `auth/role`, since it depends on the time. One that is missing shows at the step that needs it.',
      ],
      ['warn', expect.stringContaining('update, sudo on `auth/token`, since it was refused.')],
    ]);
  });

  it.each([
    [{cluster: 'production'}, 2, 'says it is `production`'],
    [{}, 3, 'names no cluster'],
  ])('asks nothing more of a server that says it is %j', async (identity, exitCode, message) => {
    const system = new FakeSystem();
    system.script('identify', answers(identity));

    const examination = await examine(system);

    expect(examination.exitCode).toBe(exitCode);
    expect(of(examination, 'identity')).toMatchObject([{state: 'fail', message: expect.stringContaining(message)}]);
    expect(system.calls).toEqual(['identify', 'close']);
  });

  it('says why a server was not reached', async () => {
    const system = new FakeSystem();
    system.script('identify', throwsBefore(new DriverError('Expected it to be unsealed.', {code: 'sealed'})));

    const examination = await examine(system);

    expect(examination.exitCode).toBe(3);
    expect(of(examination, 'connection')).toMatchObject([{state: 'fail', message: 'Expected it to be unsealed.'}]);
    expect(of(examination, 'audit')).toMatchObject([
      {state: 'warn', message: expect.stringContaining('`fake` does not serve')},
    ]);
  });

  it('shows no secret that a server repeats', async () => {
    const system = new FakeSystem();
    system.script('identify', throwsBefore(new Error('no user hunter2-hunter2')));

    const {findings} = await examine(system, {secret: 'hunter2-hunter2'});

    expect(JSON.stringify(findings)).not.toContain('hunter2');
    expect(JSON.stringify(findings)).toContain('REDACTED:password');
  });

  it('tells everything that is missing at once', async () => {
    const {exitCode, findings} = await examineDrill({
      plan: await planFlagship('/no-such-folder'),
      env: {PATH: ''},
      clock: createSystemClock(),
      signal: AbortSignal.timeout(10_000),
    });

    expect(exitCode).toBe(3);
    expect(findings.filter(({state}) => state === 'fail').map(({check, subject}) => `${check} ${subject}`)).toEqual([
      'secret vault-token',
      'secret db-admin',
      'secret secret-id',
      'connection vault',
      'connection shop',
      'connection orders-mcp',
      'command node',
      'delivery .lab/orders-mcp/secret-id',
    ]);
  });
});

async function examine(
  system: FakeSystem,
  options: {readonly aheadMs?: number; readonly secret?: string} = {},
): Promise<Examination> {
  const {aheadMs = 0, secret} = options;
  const planned = await planFakeDrill(
    system,
    fakeDrill(secret === undefined ? {} : {secrets: {password: {env: 'PASSWORD'}}}),
  );
  if (!planned.ok) throw new Error(planned.error.map(({message}) => message).join('\n'));
  const clock = createSystemClock();
  return examineDrill({
    plan: planned.value,
    env: {PASSWORD: secret, PATH: process.env.PATH},
    clock: {...clock, now: () => clock.now() + aheadMs},
    signal: AbortSignal.timeout(10_000),
  });
}

function of({findings}: Examination, check: Finding['check']): readonly Finding[] {
  return findings.filter((finding) => finding.check === check);
}
