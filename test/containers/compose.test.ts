import {execFile} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {mkdir, mkdtemp, rm, symlink} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {findLab, type Lab} from '../../lab/lab.ts';
import {choosePorts} from '../../lab/ports.ts';
import {waitFor} from '../../lab/wait-for.ts';
import {drillsIn} from '../helpers/drill-lab.ts';
import {projectFolder} from '../helpers/run-cli.ts';

const run = promisify(execFile);

/** The lab as `docker-compose.test.yml` brings it up, in a project and a folder of its own. */
describe('docker-compose.test.yml', () => {
  const name = `offdrill-test-${randomBytes(4).toString('hex')}`;
  let home: string;
  let env: NodeJS.ProcessEnv;
  let lab: Lab;

  const compose = async (...args: readonly string[]): Promise<void> => {
    const [program = '', ...words] = await composeCommand();
    const file = path.join(projectFolder, 'docker-compose.test.yml');
    await run(program, [...words, '--project-name', name, '--file', file, ...args], {env});
  };

  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'offdrill-compose-'));
    const data = path.join(home, '.lab');
    await mkdir(data);
    await symlink(path.join(projectFolder, 'lab'), path.join(home, 'lab'));
    const ports = await choosePorts('auto');
    env = {
      ...process.env,
      OFFDRILL_LAB: name,
      OFFDRILL_LAB_DATA: data,
      OFFDRILL_PORT_VAULT: String(ports.vault),
      OFFDRILL_PORT_POSTGRES: String(ports.postgres),
      OFFDRILL_PORT_ORDERS_MCP: String(ports['orders-mcp']),
      OFFDRILL_PORT_CHECKOUT: String(ports.checkout),
      OFFDRILL_PORT_ASSISTANT: String(ports.assistant),
    };
    await compose('up', '--build', '--detach');
    const found = await findLab(home);
    if (found === undefined) throw new Error('Expected the containers to describe the lab that they are.');
    lab = found;
    await waitFor('the lab is whole', 60_000, async () => (await lab.check()).length === 0);
  });
  afterAll(async () => {
    await compose('down', '--volumes');
    await rm(home, {recursive: true, force: true});
  });

  it('says of each part in which container it runs', async () => {
    const parts = await lab.processes();

    expect(parts).toEqual({
      openbao: {container: `${name}-openbao`, running: true},
      postgres: {container: `${name}-postgres`, running: true},
      'orders-mcp': {container: `${name}-orders-mcp`, running: true, credentials: 'orders-mcp'},
      checkout: {container: `${name}-checkout`, running: true, credentials: 'checkout'},
      assistant: {container: `${name}-assistant`, running: true, credentials: 'assistant'},
    });
  });

  it('passes the flagship drill, unchanged, and is whole after it', async () => {
    const {exitCode, result, stderr} = await drillsIn(lab).run('orders-mcp.yaml');

    expect(exitCode, stderr).toBe(0);
    expect(result).toMatchObject({verdict: 'pass', manualRecovery: {state: 'none'}, left: []});
    expect(Object.values(result?.criteria ?? {}).map(({state}) => state)).toEqual(Array(7).fill('met'));
    expect(await lab.check()).toEqual([]);
  });

  it('stops and starts a part, and keeps what PostgreSQL holds', async () => {
    await lab.stop('postgres');
    const problems = await lab.check();
    await lab.start('postgres');
    await waitFor('the lab is whole', 30_000, async () => (await lab.check()).length === 0);

    expect(problems).toContain('not so: checkout serves orders from the database');
  });
});

/** Version 2 is a plugin of Docker's, version 1 a program of its own. */
async function composeCommand(): Promise<readonly string[]> {
  return run('docker', ['compose', 'version']).then(
    () => ['docker', 'compose'],
    () => ['docker-compose'],
  );
}
