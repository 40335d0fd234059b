import {describe, expect, it} from 'vitest';
import {strayEnvironment} from '../../src/plan/stray-environment.ts';
import {planFlagship} from '../api/doctor/flagship.ts';

const vault = 'http://127.0.0.1:1';

describe('plan/stray-environment', () => {
  it('finds nothing in an environment that leads nowhere', async () => {
    expect(await stray({PATH: '/usr/bin', HOME: '/root', VAULT_ADDR: '', PGHOST: undefined})).toEqual([]);
  });

  it.each([
    ['VAULT_ADDR', 'https://vault.example.com:8200'],
    ['BAO_ADDR', 'https://vault.example.com:8200'],
    ['VAULT_AGENT_ADDR', 'http://127.0.0.1:8100'],
    ['VAULT_PROXY_ADDR', 'http://127.0.0.1:8100'],
    ['VAULT_ADDR', 'no url'],
    ['VAULT_TOKEN', 'hvs.somebody-elses'],
    ['BAO_TOKEN', 's.somebody-elses'],
    ['VAULT_NAMESPACE', 'production'],
    ['PGHOST', 'db.example.com'],
    ['PGHOSTADDR', '10.0.0.7'],
    ['PGPORT', '6432'],
    ['PGDATABASE', 'accounting'],
    ['PGSERVICE', 'production'],
    ['PGSERVICEFILE', '/etc/pg_service.conf'],
  ])('refuses %s that leads elsewhere', async (name, value) => {
    const [problem, ...others] = await stray({[name]: value});

    expect(others).toEqual([]);
    expect(problem).toMatchObject({code: 'guard-environment', name});
    expect(problem?.message).toMatch(
      new RegExp(`^Expected \`${name}\` of the environment to be .*, got .* Unset it\\.$`),
    );
  });

  it.each([
    ['VAULT_ADDR', vault],
    ['VAULT_ADDR', `${vault}/`],
    ['BAO_ADDR', vault],
    ['VAULT_NAMESPACE', '/'],
    ['PGHOST', 'localhost'],
    ['PGDATABASE', 'shop'],
  ])('takes %s that leads to the same place', async (name, value) => {
    expect(await stray({[name]: value})).toEqual([]);
  });

  it('tells nothing of what may be a secret', async () => {
    const problems = await stray({
      VAULT_TOKEN: 'hvs.hunter22',
      VAULT_ADDR: 'https://jane:hunter22@vault.example.com',
      PGHOST: 'host=db password=hunter22',
      PGDATABASE: 'postgres://jane:hunter22@db/shop',
    });

    expect(problems.map(({name}) => name).toSorted()).toEqual(['PGDATABASE', 'PGHOST', 'VAULT_ADDR', 'VAULT_TOKEN']);
    expect(JSON.stringify(problems)).not.toContain('hunter22');
  });

  it('leaves alone what the drill names, and what is the same value by another name', async () => {
    const plan = await planFlagship();
    const [named = ''] = Object.values(plan.secrets).flatMap((secret) => ('env' in secret ? [secret.env] : []));

    expect(strayEnvironment(plan, {[named]: 'hvs.operator', VAULT_TOKEN: 'hvs.operator'})).toEqual([]);
    expect(strayEnvironment(plan, {[named]: 'hvs.operator', VAULT_TOKEN: 'hvs.other'})).toHaveLength(1);
  });

  async function stray(env: Readonly<Record<string, string | undefined>>) {
    return strayEnvironment(await planFlagship(), env);
  }
});
