import {describe, expect, it} from 'vitest';
import {answers, FakeSystem, throwsBefore} from '../fixtures/drivers/fake-system.ts';
import {cutBefore, resumeFakeRun} from './resume-fake-run.ts';
import {runFakeDrill} from './run-fake-drill.ts';

/** One answer after the other; the last one goes on. */
const leading = (...answersInTurn: readonly (readonly string[] | Error)[]) => {
  const left = [...answersInTurn];
  return async (): Promise<readonly string[]> => {
    const answer = left.length > 1 ? left.shift() : left[0];
    if (answer instanceof Error || answer === undefined) throw answer;
    return answer;
  };
};
const notFound = Object.assign(new Error('getaddrinfo ENOTFOUND bao.staging'), {code: 'ENOTFOUND'});

const named = (): FakeSystem => {
  const system = new FakeSystem();
  system.host = 'bao.staging';
  return system;
};

describe('run/look-again', () => {
  it('notes where a host name leads, and asks again before the first step', async () => {
    const asked: string[] = [];
    const {result, all} = await runFakeDrill(named(), {
      lookup: async (host) => {
        asked.push(host);
        return ['10.0.0.1', '10.0.0.2'];
      },
    });

    expect(result.verdict).toBe('pass');
    expect(all('guard.resolved')).toEqual([{host: 'bao.staging', addresses: ['10.0.0.1', '10.0.0.2']}]);
    expect(asked).toEqual(['bao.staging', 'bao.staging']);
  });

  it('refuses a host name that leads elsewhere by then', async () => {
    const system = named();

    const {result, all} = await runFakeDrill(system, {lookup: leading(['10.0.0.1'], ['192.0.2.9'])});

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 2, status: 'aborted'});
    expect(all('phase.failed')).toMatchObject([{phase: 'baseline', refused: true, problems: [{code: 'guard-moved'}]}]);
    expect(result.criteria.baseline.reasons.join()).toContain(
      'Expected `bao.staging` to lead to 10.0.0.1, as it did when the run began, and it leads to 192.0.2.9.',
    );
    expect(system.count('execute')).toBe(0);
    expect(system.tokens.size).toBe(0);
  });

  it('takes a name that goes round among its servers for the same one', async () => {
    const {result} = await runFakeDrill(named(), {lookup: leading(['10.0.0.1', '10.0.0.2'], ['10.0.0.2', '10.0.0.3'])});

    expect(result.verdict).toBe('pass');
  });

  it.each([
    ['from the beginning', leading(notFound), 'guard'],
    ['before the first step', leading(['10.0.0.1'], notFound), 'baseline'],
  ])('changes nothing where a host name leads nowhere %s', async (_when, lookup, phase) => {
    const system = named();

    const {result, all} = await runFakeDrill(system, {lookup});

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 3, status: 'aborted'});
    expect(all('phase.failed')).toMatchObject([{phase, refused: false, problems: [{code: 'unreachable:ENOTFOUND'}]}]);
    expect(system.count('execute')).toBe(0);
  });

  it.each(['127.0.0.1', '::1', 'localhost', '10.1.2.3'])('looks nothing up for %s', async (host) => {
    const system = new FakeSystem();
    system.host = host;

    const {all} = await runFakeDrill(system, {until: 'baseline', lookup: leading(notFound)});

    expect(all('guard.resolved')).toEqual([]);
    expect(all('phase.failed')).toEqual([]);
  });

  it('refuses a server that is another one by then', async () => {
    const system = new FakeSystem();
    system.script('identify', answers({cluster: 'fake-cluster', product: 'fake'}), 1);
    system.script('identify', answers({cluster: 'production', product: 'fake'}));

    const {result, all} = await runFakeDrill(system);

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 2, status: 'aborted'});
    expect(all('phase.failed')).toMatchObject([
      {phase: 'baseline', refused: true, problems: [{code: 'guard-identity'}]},
    ]);
    expect(system.count('execute')).toBe(0);
  });

  it('changes nothing where a server does not say who it is by then', async () => {
    const system = new FakeSystem();
    system.script('identify', answers({cluster: 'fake-cluster', product: 'fake'}), 1);
    system.script('identify', throwsBefore(new Error('gone')));

    const {result} = await runFakeDrill(system);

    expect(result).toMatchObject({verdict: 'inconclusive', exitCode: 3, status: 'aborted'});
    expect(system.count('execute')).toBe(0);
  });

  it('goes on with a run though a name leads elsewhere, where the server says who it is', async () => {
    const system = named();
    const {entries} = await runFakeDrill(system, {lookup: leading(['10.0.0.1'])});
    system.revoke();

    const resumed = await resumeFakeRun(system, cutBefore(entries, 'rollback.started', 'revoke'), {
      lookup: leading(['192.0.2.9']),
    });

    expect(resumed.resumed).toBe(true);
    expect(system.alive).toHaveLength(1);
  });

  it('goes on with nothing where a name leads elsewhere, and nobody says who they are', async () => {
    const system = named();
    system.identity = 'none';
    const {entries} = await runFakeDrill(system, {lookup: leading(['10.0.0.1'])});
    system.revoke();
    const calls = system.calls.length;

    const resumed = await resumeFakeRun(system, cutBefore(entries, 'rollback.started', 'revoke'), {
      lookup: leading(['192.0.2.9']),
    });

    expect(resumed.resumed).toBe(false);
    expect(resumed.all('resume.failed')).toMatchObject([{refused: true, problems: [{code: 'guard-moved'}]}]);
    expect(resumed.result.exitCode).toBe(4);
    expect(system.calls.slice(calls).filter((call) => /^(execute|begin)/.test(call))).toEqual([]);
  });
});
