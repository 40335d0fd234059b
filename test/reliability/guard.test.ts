import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {parseLine} from '../../src/drivers/vault/audit-line.ts';
import {type DrillLab, startDrillLab} from '../helpers/drill-lab.ts';
import {projectFolder} from '../helpers/run-cli.ts';

const flagship = path.join(projectFolder, 'drills', 'orders-mcp.yaml');

describe('the guard, on the lab', {timeout: 600_000}, () => {
  let drillLab: DrillLab;

  beforeAll(async () => {
    drillLab = await startDrillLab({rawAudit: true});
  });
  afterAll(() => drillLab?.down());

  it.each([
    ['VAULT_ADDR', 'https://vault.example.com:8200', 'be http://127.0.0.1:'],
    ['BAO_TOKEN', 's.of-somebody', 'be a credential that the drill names'],
    ['PGHOST', 'db.example.com', 'be 127.0.0.1'],
    ['PGSERVICE', 'production', 'be unset'],
  ])('refuses to run, restore and examine with %s that leads elsewhere', async (name, value, expected) => {
    const env = {[name]: value};
    const touchedByRuns = await watchForCalls();
    const run = await drillLab.run('orders-mcp.yaml', '', {env});
    const restored = await drillLab.offdrill(`restore '${flagship}' --yes`, {env});
    const byRuns = await touchedByRuns();
    const touchedByDoctor = await watchForCalls();
    const examined = await drillLab.offdrill(`doctor '${flagship}'`, {env});

    for (const {exitCode, stdout, stderr} of [run, restored, examined]) {
      const said = `${stdout}${stderr}`.replace(/\s+/g, ' ');
      expect(said).toContain(`Expected \`${name}\` of the environment to ${expected}`);
      expect(exitCode).toBe(2);
    }
    expect(run.folder).toBeUndefined();
    expect(byRuns).toEqual([]);
    // What the examination asks, and no more.
    expect(await touchedByDoctor()).toEqual([
      'auth/token/lookup-self',
      'cubbyhole/offdrill-doctor',
      'sys/audit-hash/main',
      'sys/capabilities-self',
    ]);
  });

  it('plans and validates whatever the environment says: both touch nothing', async () => {
    const env = {VAULT_ADDR: 'https://vault.example.com:8200', PGHOST: 'db.example.com'};

    for (const command of ['validate', 'plan']) {
      expect((await drillLab.offdrill(`${command} '${flagship}'`, {env})).exitCode).toBe(0);
    }
  });

  it.each([
    ['environment: production', /environment: staging/, 'environment: production'],
    ['a server outside the list', /(?<=\{vault: ).*(?=, cluster)/, 'http://127.0.0.1:1'],
  ])('refuses %s before anything is opened', async (_what, found, instead) => {
    const touched = await watchForCalls();
    const text = await readFile(flagship, 'utf8');
    const file = path.join(drillLab.lab.home, 'changed.yaml');
    expect(text).toMatch(found);
    await writeFile(file, text.replace(found, instead));

    for (const command of [
      `run '${file}' --yes`,
      `restore '${file}' --yes`,
      `doctor '${file}'`,
      `validate '${file}'`,
    ]) {
      expect((await drillLab.offdrill(command)).exitCode).toBe(2);
    }
    expect(await touched()).toEqual([]);
  });

  it('refuses a server that is another cluster before anything is asked with a credential', async () => {
    const touched = await watchForCalls();
    const text = await readFile(flagship, 'utf8');
    const file = path.join(drillLab.lab.home, 'cluster.yaml');
    await writeFile(file, text.replace(/(?<=\{vault: .*, cluster: )offdrill-lab/, 'offdrill-production'));

    const run = await drillLab.offdrill(`run '${file}' --yes --reporter line`);
    const restored = await drillLab.offdrill(`restore '${file}' --yes --reporter line`);

    for (const {exitCode, stdout} of [run, restored]) {
      expect(exitCode).toBe(2);
      expect(stdout.replace(/\s+/g, ' ')).toMatch(/offdrill-production.*offdrill-lab/);
    }
    expect(await touched()).toEqual([]);
  });

  /** What is asked of OpenBao with the operator's token from now on, by path. */
  async function watchForCalls(): Promise<() => Promise<readonly string[]>> {
    const file = path.join(drillLab.lab.data, 'openbao', 'audit.log');
    const before = (await readFile(file)).length;
    return async () => {
      const lines = (await readFile(file)).subarray(before).toString().trim().split('\n');
      const paths = lines.flatMap((text) => {
        const {type, auth, request} = parseLine(text) ?? {};
        const isOperators = type === 'request' && auth?.display_name === 'token-operator';
        return isOperators && request !== undefined ? [request.path.replace(/-[0-9a-f]{12}$/, '')] : [];
      });
      return [...new Set(paths)].toSorted();
    };
  }
});
