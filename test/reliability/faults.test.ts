import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type DrillLab, startDrillLab} from '../helpers/drill-lab.ts';
import {type Fault, type FaultyProxy, httpAnswer, startFaultyProxy} from '../helpers/faulty-proxy.ts';
import {collectLabSecrets} from '../helpers/lab-secrets.ts';
import {recordReliability} from '../helpers/reliability.ts';
import {readHoldings} from './lab-holdings.ts';
import {choose} from './selection.ts';
import {writeShortDrill} from './short-drill.ts';

type System = 'vault' | 'postgres' | 'checkout';

const sealed = httpAnswer('503 Service Unavailable', '{"errors":["Vault is sealed"]}');
const faults: Readonly<Record<string, {readonly fault: Fault; readonly on: readonly System[]}>> = {
  refused: {fault: {kind: 'refused'}, on: ['vault', 'postgres', 'checkout']},
  reset: {fault: {kind: 'reset'}, on: ['vault', 'postgres', 'checkout']},
  'half-open': {fault: {kind: 'half-open'}, on: ['vault', 'postgres', 'checkout']},
  'slow bytes': {fault: {kind: 'slow-bytes', ms: 20}, on: ['vault', 'checkout']},
  '429': {fault: httpAnswer('429 Too Many Requests', '{"errors":["rate limit"]}'), on: ['vault', 'checkout']},
  '500': {fault: httpAnswer('500 Internal Server Error', '{"errors":["internal"]}'), on: ['vault', 'checkout']},
  '503 sealed': {fault: sealed, on: ['vault']},
  'truncated JSON': {
    fault: httpAnswer('200 OK', '{"data":{"keys":["a', {'content-length': '1000'}),
    on: ['vault', 'checkout'],
  },
  'huge JSON': {fault: httpAnswer('200 OK', `{"data":"${'x'.repeat(9 << 20)}"}`), on: ['vault']},
  HTML: {fault: httpAnswer('200 OK', '<html>Welcome</html>', {'content-type': 'text/html'}), on: ['vault', 'checkout']},
  'nonsense for a protocol': {
    fault: {kind: 'answer', bytes: Buffer.from('\u0000\u0001nonsense\r\n\r\n')},
    on: ['vault', 'postgres', 'checkout'],
  },
};
const cases = Object.entries(faults).flatMap(([name, {fault, on}]) => on.map((system) => ({name, fault, system})));

/** From the first step to the rollback: what was to be seen meanwhile was not, so that nothing passes. */
describe('faults of one system, on the lab', {timeout: 1_800_000}, () => {
  let drillLab: DrillLab;
  let drill: string;
  const proxies = new Map<System, FaultyProxy>();

  beforeAll(async () => {
    drillLab = await startDrillLab({rawAudit: true});
    drill = await writeShortDrill(drillLab.lab.home);
    const {addresses} = drillLab.lab;
    for (const system of ['vault', 'postgres', 'checkout'] as const) {
      proxies.set(system, await startFaultyProxy(addresses[system].replace(/^http:\/\//, '').replace(/\/.*$/, '')));
    }
  });
  afterAll(async () => {
    for (const proxy of proxies.values()) await proxy.close();
    await drillLab?.down();
  });

  const through = (system: System): string => {
    const real = drillLab.lab.addresses[system];
    const proxied = proxies.get(system)?.address ?? '';
    return `--var '${system}=${real.replace(/[\w.]+:\d+/, proxied)}'`;
  };

  it('never make a pass, never leave staging half-done in silence, and tell no secret', async () => {
    const chosen = choose(cases, 4);
    const wrong: string[] = [];
    for (const {name, fault, system} of chosen) {
      const proxy = proxies.get(system);
      let changed = Promise.resolve();
      const run = await drillLab.run(drill, `--reporter line --max-duration 60s ${through(system)}`, {
        onLine: (line) => {
          if (line.includes('step stop-server:')) changed = changed.then(() => proxy?.set(fault));
          if (line.includes('phase rollback')) changed = changed.then(() => proxy?.set({kind: 'none'}));
        },
      });
      await changed;
      await proxy?.set({kind: 'none'});
      const {verdict, exitCode} = run.result ?? {};
      const told = (text: string): number => wrong.push(`${name} on ${system}: ${text}`);
      if (run.result === undefined) told(`no result, exit ${run.exitCode}: ${run.stderr.slice(-600)}`);
      if (verdict === 'pass') told('it passed');
      if (exitCode === 4) {
        if (!run.stderr.includes('Left to do by hand')) told('nothing was said of what is left');
        await drillLab.offdrill('resume');
      }
      for (const problem of await drillLab.lab.check()) told(problem);
      const {runTokens, secretIds} = await readHoldings(drillLab.lab);
      if (runTokens.length > 0 || secretIds.length !== 1)
        told(`${runTokens.length} run tokens, ${secretIds.length} secret-ids`);
      for (const leak of await secretsIn(run.folder, run.stdout + run.stderr)) told(`a secret is told: ${leak}`);
      recordReliability('fault', {
        name: `${name} on ${system}`,
        verdict: verdict ?? 'none',
        exit: exitCode ?? -1,
        staging: 'whole',
      });
    }

    expect(wrong).toEqual([]);
  });

  async function secretsIn(folder: string | undefined, shown: string): Promise<readonly string[]> {
    const names = folder === undefined ? [] : await readdir(folder);
    const files = await Promise.all(names.map((file) => readFile(path.join(folder ?? '', file), 'utf8')));
    const everything = [...files, shown].join('\n');
    const secrets = await collectLabSecrets(drillLab.lab);
    return [...secrets].flatMap(([secret, label]) => (everything.includes(secret) ? [label] : []));
  }
});
