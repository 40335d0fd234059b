import path from 'node:path';
import {type BaoApi, startBao} from './openbao.ts';
import {postgresLogs, startPostgres} from './postgres.ts';
import {type LabState, rememberProcess} from './state.ts';

/** How a lab starts its two servers. Both answer when the promises are kept; neither holds anything then. */
export type Servers = {
  startBao(state: LabState, options: {readonly rawAudit: boolean}): Promise<void>;
  startPostgres(state: LabState, options: {readonly superuserPassword: string}): Promise<void>;
  /** `host:port` of PostgreSQL as OpenBao sees it. */
  postgresForBao(state: LabState): string;
  /** Where the server's configuration can't: once it is unsealed, before anything else. */
  declareAudit?(root: BaoApi, state: LabState, options: {readonly rawAudit: boolean}): Promise<void>;
};

/** As processes on loopback. */
export function serversAsProcesses(binary: string): Servers {
  return {
    startBao: (state, {rawAudit}) =>
      startBao({
        binary,
        data: state.data,
        port: state.ports.vault,
        rawAudit,
        onStart: (started) => rememberProcess(state, 'openbao', started),
      }),
    startPostgres: (state, {superuserPassword}) =>
      startPostgres({
        folder: path.join(state.data, 'postgres'),
        logs: path.join(state.data, 'logs'),
        serverLogs: postgresLogs(state.data),
        port: state.ports.postgres,
        superuserPassword,
        onStart: (started) => rememberProcess(state, 'postgres', started),
      }),
    postgresForBao: ({ports}) => `127.0.0.1:${ports.postgres}`,
  };
}
