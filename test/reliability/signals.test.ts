import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import {type DrillLab, startDrillLab} from '../helpers/drill-lab.ts';
import {recordReliability} from '../helpers/reliability.ts';
import {readHoldings} from './lab-holdings.ts';
import {choose} from './selection.ts';
import {writeShortDrill} from './short-drill.ts';

const before = ['guard', 'preflight', 'capture', 'baseline'];
const after = ['shutdown', 'settle', 'rollback', 'restored', 'audit', 'scan'];
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const exitCodes = {SIGINT: 130, SIGTERM: 143, SIGHUP: 143};

const points = [...before, ...after].flatMap((phase) => signals.map((signal) => ({phase, signal})));

describe('signals, on the lab', {timeout: 600_000}, () => {
  let drillLab: DrillLab;
  let drill: string;

  beforeAll(async () => {
    drillLab = await startDrillLab();
    drill = await writeShortDrill(drillLab.lab.home);
  });
  afterAll(() => drillLab?.down());
  afterEach(async () => {
    expect(await drillLab.lab.check()).toEqual([]);
    expect(await readHoldings(drillLab.lab)).toMatchObject({runTokens: [], secretIds: [expect.any(String)]});
  });

  /** Sends each of these, one right after the other, when the phase is entered. */
  const signalIn = (phase: string, sent: readonly NodeJS.Signals[]) => {
    let isSent = false;
    return drillLab.run(drill, '--reporter line', {
      onLine: (line, pid) => {
        if (isSent || !line.endsWith(`phase ${phase}`)) return;
        isSent = true;
        for (const signal of sent) process.kill(pid, signal);
      },
    });
  };

  it('leave staging whole in every phase', async () => {
    const chosen = choose(points, 5);
    const seen: string[] = [];
    for (const {phase, signal} of chosen) {
      const {result, exitCode} = await signalIn(phase, [signal]);
      const problems = await drillLab.lab.check();
      const isRight = exitCode === exitCodes[signal] && result?.verdict !== 'pass' && problems.length === 0;
      if (!isRight) seen.push(`${signal} in ${phase}: exit ${exitCode}, ${result?.verdict}, ${problems.join('; ')}`);
    }

    recordReliability('signal', {
      name: 'lab, one in each phase',
      points: chosen.length,
      of: points.length,
      restored: chosen.length - seen.length,
    });
    expect(seen).toEqual([]);
  });

  it('give the rollback up at the third, and say what is left', async () => {
    // Of each kind one: two of a kind that come at once are one to the system.
    const {exitCode, stderr, result} = await signalIn('settle', ['SIGINT', 'SIGTERM', 'SIGHUP']);

    expect(exitCode).toBe(4);
    expect(result?.left.map((one) => one.split(':')[0])).toEqual([
      'Step `destroy-secret-ids`',
      'Step `stop-server`',
      'Connection `vault`',
    ]);
    expect(stderr).toMatch(/Left to do by hand[\s\S]*1\. Step `destroy-secret-ids`: [\s\S]*2\. Step `stop-server`: /);
    // Whichever of them came first.
    expect([130, 143]).toContain((await drillLab.offdrill('resume')).exitCode);
  });

  it('of a second kind only warn', async () => {
    const {exitCode, stderr} = await signalIn('settle', ['SIGHUP', 'SIGTERM']);

    expect(exitCode).toBe(143);
    expect(stderr).toContain('Once more gives it up');
  });

  it('are not needed where the time is over', async () => {
    const {exitCode, result} = await drillLab.run(drill, '--reporter line --max-duration 1s');

    expect(exitCode).toBe(143);
    expect(result).toMatchObject({status: 'interrupted', verdict: 'inconclusive'});
  });
});
