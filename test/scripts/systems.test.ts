import {chmod, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {chooseSystems} from '../../scripts/systems.ts';

/** With a `docker` of the test's own first on the PATH: which images an engine has must not depend on the machine. */
describe('scripts/systems', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'offdrill-systems-'));
    vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, {recursive: true, force: true});
  });

  const install = async (name: string, script: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, `#!/bin/sh\n${script}`);
    await chmod(file, 0o755);
    return file;
  };
  const engine = (images: string) => `
    case "$1 $2" in
      'version --format') echo 20.10.24 ;;
      'image inspect') case " ${images} " in *" $3 "*) exit 0 ;; esac; exit 1 ;;
      'pull --quiet') echo "no such host" >&2; exit 1 ;;
      'run --rm') echo "Some Server v9.8.7 (abc)" ;;
    esac`;
  const choose = (env: Readonly<Record<string, string>> = {}) => {
    const said: string[] = [];
    return {...chooseSystems(env, (line) => void said.push(line)), said};
  };

  it('takes processes where no engine answers, and says why', async () => {
    await install('docker', 'exit 1');

    expect(choose()).toMatchObject({
      env: {},
      hasContainers: false,
      vaultImage: undefined,
      problems: [],
      report: [
        'OpenBao, PostgreSQL   as processes of the lab: no Docker engine answers',
        'moto                  as a process of the lab: no Docker engine answers',
        'HashiCorp Vault       not tested: no Docker engine answers',
        'docker-compose        not tested: no Docker engine answers',
      ],
    });
  });

  it('fails without an engine where containers are required', async () => {
    await install('docker', 'exit 1');

    expect(choose({OFFDRILL_CONTAINERS: 'required'}).problems).toEqual([
      'Expected containers, since OFFDRILL_CONTAINERS is `required`: no Docker engine answers.',
    ]);
  });

  it('asks no engine where nobody wants containers', async () => {
    await install('docker', engine('openbao/openbao:2.7.2 postgres:18 motoserver/moto:5.2.5'));

    expect(choose({OFFDRILL_CONTAINERS: 'never'})).toMatchObject({env: {}, hasContainers: false});
  });

  it('takes the official images by default', async () => {
    await install('docker', engine('openbao/openbao:2.7.2 postgres:18 motoserver/moto:5.2.5 hashicorp/vault:1.21'));

    expect(choose()).toMatchObject({
      env: {
        OFFDRILL_TEST_OPENBAO: 'openbao/openbao:2.7.2',
        OFFDRILL_TEST_POSTGRES: 'postgres:18',
        OFFDRILL_TEST_MOTO: 'motoserver/moto:5.2.5',
      },
      hasContainers: true,
      vaultImage: 'hashicorp/vault:1.21',
      said: [],
      report: [
        'Docker                20.10.24',
        'OpenBao               9.8.7, in containers of openbao/openbao:2.7.2',
        'PostgreSQL            9.8.7, in containers of postgres:18',
        'moto                  9.8.7, in containers of motoserver/moto:5.2.5',
        'HashiCorp Vault       9.8.7, in containers of hashicorp/vault:1.21',
      ],
    });
  });

  it('takes others, and says which one is neither here nor to be had', async () => {
    await install('docker', engine('mine/bao mine/postgres mine/moto'));

    const chosen = choose({
      OFFDRILL_IMAGE_OPENBAO: 'mine/bao',
      OFFDRILL_IMAGE_POSTGRES: 'mine/postgres',
      OFFDRILL_IMAGE_MOTO: 'mine/moto',
      OFFDRILL_CONTAINERS: 'required',
    });

    expect(chosen).toMatchObject({hasContainers: true, vaultImage: undefined, problems: []});
    expect(chosen.env).toEqual({
      OFFDRILL_TEST_OPENBAO: 'mine/bao',
      OFFDRILL_TEST_POSTGRES: 'mine/postgres',
      OFFDRILL_TEST_MOTO: 'mine/moto',
    });
    expect(chosen.said).toEqual(['pulling hashicorp/vault:1.21']);
    expect(chosen.report.at(-1)).toBe(
      "HashiCorp Vault       not tested: no image hashicorp/vault:1.21 is here, and it can't be pulled (no such host)",
    );
  });

  it('takes processes for both servers of the lab where one image is missing', async () => {
    await install('docker', engine('openbao/openbao:2.7.2 motoserver/moto:5.2.5'));
    const why = "no image postgres:18 is here, and it can't be pulled (no such host)";

    const chosen = choose({OFFDRILL_CONTAINERS: 'required'});

    expect(chosen).toMatchObject({hasContainers: false, problems: [`Expected containers: ${why}.`]});
    expect(chosen.env).toEqual({OFFDRILL_TEST_MOTO: 'motoserver/moto:5.2.5'});
    expect(chosen.report).toContain('OpenBao               as a process of the lab');
    expect(chosen.report).toContain(`PostgreSQL            as a process of the lab: ${why}`);
  });

  it('takes a process for moto alone where its image is missing, and fails where containers are required', async () => {
    await install('docker', engine('openbao/openbao:2.7.2 postgres:18'));
    const why = "no image motoserver/moto:5.2.5 is here, and it can't be pulled (no such host)";

    const chosen = choose();

    expect(chosen).toMatchObject({hasContainers: true, problems: []});
    expect(chosen.env).toEqual({OFFDRILL_TEST_OPENBAO: 'openbao/openbao:2.7.2', OFFDRILL_TEST_POSTGRES: 'postgres:18'});
    expect(chosen.report).toContain(`moto                  as a process of the lab: ${why}`);
    expect(choose({OFFDRILL_CONTAINERS: 'required'}).problems).toEqual([`Expected containers: ${why}.`]);
  });

  it('makes images first where it is told how', async () => {
    await install('docker', engine(''));
    const builder = await install('build', `touch '${folder}/built'`);

    expect(choose({OFFDRILL_BUILD_IMAGES: builder}).said).not.toContain(`${builder} failed`);
    expect(choose({OFFDRILL_BUILD_IMAGES: await install('broken', 'exit 1')}).problems).toEqual([
      `Expected ${path.join(folder, 'broken')} to make images, and it failed.`,
    ]);
  });
});
