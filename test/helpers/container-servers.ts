import path from 'node:path';
import {GenericContainer, Wait} from 'testcontainers';
import {configureBao} from '../../lab/openbao.ts';
import {postgresAnswers, postgresLogs, postgresSettings} from '../../lab/postgres.ts';
import type {Servers} from '../../lab/servers.ts';
import {rememberContainer} from '../../lab/state.ts';
import {waitFor} from '../../lab/wait-for.ts';
import {labels, startPostgresContainer, testImages} from './test-images.ts';

/** The lab's two servers in containers, where the tests were given images; undefined where they run as processes. */
export function containerServers(): Servers | undefined {
  const {openbao, vault, postgres} = testImages(process.env);
  const image = vault ?? openbao;
  if (image === undefined || postgres === undefined) return undefined;
  let postgresAddress = '';
  return {
    startBao: async (state, {rawAudit}) => {
      const port = state.ports.vault;
      const listen = `0.0.0.0:${port}`;
      const isVault = vault !== undefined;
      const {folder, config} = await configureBao({data: state.data, listen, port, rawAudit, isVault});
      const started = await new GenericContainer(image)
        .withEntrypoint([isVault ? 'vault' : 'bao'])
        .withCommand(['server', `-config=${config}`])
        // As whoever runs the tests, so that both can read what either wrote.
        .withUser(`${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`)
        .withAddedCapabilities('IPC_LOCK')
        .withBindMounts([{source: folder, target: folder}])
        .withExposedPorts({container: port, host: port})
        .withLabels(labels)
        .withWaitStrategy(Wait.forHttp('/v1/sys/seal-status', port).withStartupTimeout(30_000))
        .start();
      rememberContainer(state, 'openbao', started.getId());
    },
    startPostgres: async (state, {superuserPassword}) => {
      const port = state.ports.postgres;
      const started = await startPostgresContainer(postgres, {
        port,
        user: 'postgres',
        password: superuserPassword,
        settings: postgresSettings(postgresLogs(state.data)),
        folders: [postgresLogs(state.data)],
      });
      rememberContainer(state, 'postgres', started.getId());
      postgresAddress = `${started.getIpAddress('bridge')}:5432`;
      await waitFor('PostgreSQL answers', 30_000, () => postgresAnswers({host: '127.0.0.1', port}));
    },
    postgresForBao: () => postgresAddress,
    ...(vault === undefined
      ? {}
      : {
          // What OpenBao takes from its configuration alone, Vault takes from its API alone.
          declareAudit: async (root, {data}, {rawAudit}) => {
            const device = (file: string, more: object) => ({
              type: 'file',
              options: {file_path: path.join(data, 'openbao', file), mode: '0600', ...more},
            });
            await root('PUT', 'sys/audit/main', device('audit.log', {}));
            if (rawAudit) await root('PUT', 'sys/audit/raw', device('raw-audit.log', {log_raw: 'true'}));
          },
        }),
  };
}
