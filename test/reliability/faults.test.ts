import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {makeCertificates} from '../helpers/certificates.ts';
import {type DrillLab, type DrillRun, startDrillLab} from '../helpers/drill-lab.ts';
import {type Fault, type FaultyProxy, startFaultyProxy} from '../helpers/faulty-proxy.ts';
import {collectLabSecrets} from '../helpers/lab-secrets.ts';
import {recordReliability} from '../helpers/reliability.ts';
import {type Case, inEachPhase, onEachSystem, type System, systems} from './fault-cases.ts';
import {readHoldings} from './lab-holdings.ts';
import {choose} from './selection.ts';
import {missingButForPace, writeShortDrill} from './short-drill.ts';

/** What was to be seen meanwhile was not, so that nothing passes; and what was changed is brought back, or said. */
describe('faults between the run and a system, on the lab', {timeout: 3_600_000}, () => {
  let drillLab: DrillLab;
  let drill: string;
  const proxies = new Map<string, FaultyProxy>();

  beforeAll(async () => {
    drillLab = await startDrillLab({rawAudit: true});
    const {addresses, home} = drillLab.lab;
    await makeCertificates(home, ['right']);
    await mkdir(path.join(home, 'others'));
    await makeCertificates(path.join(home, 'others'), ['wrong']);
    const certificate = async (name: string) => ({
      key: await readFile(path.join(home, `${name}.key`), 'utf8'),
      cert: await readFile(path.join(home, `${name}.pem`), 'utf8'),
    });
    const tls = {right: await certificate('right'), wrong: await certificate('others/wrong')};
    for (const system of systems) {
      const target = addresses[system].replace(/^http:\/\//, '').replace(/\/.*$/, '');
      proxies.set(system, await startFaultyProxy(target));
      proxies.set(`${system} slowly`, await startFaultyProxy(target, {pauseMs: 60}));
      if (system !== 'postgres') proxies.set(`${system} secured`, await startFaultyProxy(target, {tls}));
    }
    drill = await writeShortDrill(home);
  });
  afterAll(async () => {
    for (const proxy of proxies.values()) await proxy.close();
    await drillLab?.down();
  });

  it('are what makes the difference: a run through all of these proxies passes', async () => {
    const through = systems.map((system) => variable(system, proxyOf(system)));

    const run = await drillLab.run(drill, `--reporter line ${through.join(' ')}`);

    expect(missingButForPace(run.result), run.stdout).toEqual([]);
  });

  it.each([
    {what: 'of each kind on each system', cases: onEachSystem, inCi: 3},
    {what: 'in each phase', cases: inEachPhase, inCi: 2},
  ])('$what never make a pass, never leave staging half-done in silence, and tell no secret', async ({cases, inCi}) => {
    const wrong: string[] = [];
    for (const one of choose(cases, inCi)) wrong.push(...(await suffer(one)));

    expect(wrong).toEqual([]);
  });

  /** What is not as it should be. */
  async function suffer({name, system, fault, window, comesTo}: Case): Promise<readonly string[]> {
    const startedAt = Date.now();
    const run = await runWith({name, system, fault, window, comesTo});
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    const {verdict, exitCode} = run.result ?? {};
    const where = `${name} on ${system}, ${window.from} to ${window.to}`;
    const wrong: string[] = [];
    const told = (text: string): number => wrong.push(`${where}: ${text}`);
    if (run.met === 0) told('nothing met it');
    if (run.result === undefined) told(`no result, exit ${run.exitCode}: ${run.stderr.slice(-600)}`);
    if (!comesTo.includes(`${verdict} ${exitCode}`))
      told(`came to ${verdict} ${exitCode}, expected ${comesTo.join(' or ')}`);
    if (exitCode !== run.exitCode) told(`exit ${run.exitCode}, and ${exitCode} in its result`);
    if (seconds > 180) told(`it took ${seconds} s`);
    const changesNothing = ['guard', 'preflight', 'capture', 'baseline'].includes(window.from.replace('phase ', ''));
    if (changesNothing && (exitCode !== 3 || run.result?.steps.some(({status}) => status !== 'not-started')))
      told(`exit ${exitCode}`);
    // Without a step that is left it can be no more than the run's own token, which nobody could end meanwhile.
    if (exitCode === 4 || (run.result?.left ?? []).length > 0) {
      if (!run.stderr.includes('Left to do by hand')) told('nothing was said of what is left');
      const resumed = await drillLab.offdrill('resume');
      // 130 and 143 tell of the run before, which its time limit had cut short.
      if (![1, 3, 143].includes(resumed.exitCode ?? -1)) told(`resumed with exit ${resumed.exitCode}`);
    }
    for (const problem of await drillLab.lab.check()) told(problem);
    const {runTokens, secretIds} = await readHoldings(drillLab.lab);
    if (runTokens.length > 0 || secretIds.length !== 1)
      told(`${runTokens.length} run tokens, ${secretIds.length} secret-ids`);
    for (const leak of await secretsIn(run.folder, run.stdout + run.stderr)) told(`a secret is told: ${leak}`);
    const ended = {verdict: verdict ?? 'none', exit: exitCode ?? -1, seconds};
    recordReliability('fault', {name: `${name} on ${system}`, during: window.from.replace(/:$/, ''), ...ended});
    return wrong;
  }

  async function runWith({name, system, fault, window}: Case): Promise<DrillRun & {readonly met: number}> {
    const isSecured = fault.kind === 'wrong-certificate';
    const isPhase = window.from.startsWith('phase');
    const proxy = proxyOf(isSecured ? `${system} secured` : isPhase ? `${system} slowly` : system);
    let met = 0;
    let changed = Promise.resolve();
    const change = (next: Fault): void => {
      changed = changed.then(() => {
        met += proxy.met;
        return proxy.set(next);
      });
    };
    if (window.from === 'phase guard') change(fault);
    const onLine = (line: string): void => {
      if (line.includes(window.from) && window.from !== 'phase guard') change(fault);
      if (line.includes(window.to)) change({kind: 'none'});
    };
    const file = isSecured ? await writeSecured(system) : drill;
    const vars = variable(system, proxy, isSecured);
    const run = await drillLab.run(file, `--reporter line --max-duration 60s ${vars}`, {onLine});
    change({kind: 'none'});
    await changed;
    if (met === 0) console.info(`${name}: ${run.stderr}`);
    return {...run, met};
  }

  function proxyOf(name: string): FaultyProxy {
    const proxy = proxies.get(name);
    if (proxy === undefined) throw new Error(`no proxy ${name}`);
    return proxy;
  }

  function variable(system: System, {address}: FaultyProxy, isSecured = false): string {
    const proxied = drillLab.lab.addresses[system].replace(/[\w.]+:\d+/, address);
    return `--var '${system}=${isSecured ? proxied.replace('http:', 'https:') : proxied}'`;
  }

  /** The drill that trusts the CA of the proxy where it speaks with this system, and no other. */
  async function writeSecured(system: System): Promise<string> {
    const text = await readFile(drill, 'utf8');
    const before = {
      vault: `token: "\${{ secrets.vault-token }}"`,
      checkout: '/orders", status: [200]',
      'orders-mcp': `driver: mcp, url: "\${{ vars.orders-mcp }}"`,
      postgres: 'driver: postgres',
    }[system];
    if (!text.includes(before)) throw new Error(`Expected the drill to hold ${before}.`);
    const file = path.join(drillLab.lab.home, `secured-${system}.yaml`);
    await writeFile(file, text.replace(before, `${before}, tls: {ca: ca.pem}`));
    return file;
  }

  async function secretsIn(folder: string | undefined, shown: string): Promise<readonly string[]> {
    const names = folder === undefined ? [] : await readdir(folder);
    const files = await Promise.all(names.map((file) => readFile(path.join(folder ?? '', file), 'utf8')));
    const everything = [...files, shown].join('\n');
    const secrets = await collectLabSecrets(drillLab.lab);
    return [...secrets].flatMap(([secret, label]) => (everything.includes(secret) ? [label] : []));
  }
});
