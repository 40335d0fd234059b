import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {type LabProcess, refuseIfEnded, startProcess} from './processes.ts';
import {waitFor} from './wait-for.ts';

/** Calls OpenBao's API with one token. Throws with status and path, never with what was sent. */
export type BaoApi = (method: string, apiPath: string, body?: unknown) => Promise<Record<string, unknown>>;

export type StartedBao = {readonly process: LabProcess; readonly address: string; readonly rootToken: string};

/** A server with its data in memory, unsealed, with a file audit device and nothing else. */
export async function startBao(options: {
  readonly binary: string;
  readonly data: string;
  readonly port: number;
  readonly rawAudit: boolean;
  readonly onStart: (process: LabProcess) => void;
}): Promise<StartedBao> {
  const folder = path.join(options.data, 'openbao');
  await mkdir(folder, {mode: 0o700});
  const config = path.join(folder, 'config.hcl');
  const address = `http://127.0.0.1:${options.port}`;
  await writeFile(config, configuration(folder, options.port, options.rawAudit), {mode: 0o600});
  const log = path.join(options.data, 'logs', 'openbao.log');
  const started = startProcess([options.binary, 'server', `-config=${config}`], {
    log,
    env: {HOME: folder},
    cwd: folder,
  });
  options.onStart(started);
  await waitFor('OpenBao answers', 15_000, async () => {
    refuseIfEnded('OpenBao', started, log);
    return (await fetch(`${address}/v1/sys/seal-status`)).ok;
  });

  const anonymous = createBaoApi(address, '');
  const init = await anonymous('PUT', 'sys/init', {secret_shares: 1, secret_threshold: 1});
  const [key] = Array.isArray(init.keys) ? init.keys : [];
  await anonymous('PUT', 'sys/unseal', {key});
  const rootToken = String(init.root_token);
  await writeFile(path.join(folder, '..', 'root-token'), rootToken, {mode: 0o600});
  await waitFor('OpenBao is active', 15_000, async () => (await fetch(`${address}/v1/sys/health`)).status === 200);
  return {process: started, address, rootToken};
}

export function createBaoApi(address: string, token: string): BaoApi {
  return async (method, apiPath, body) => {
    const response = await fetch(`${address}/v1/${apiPath}`, {
      method,
      headers: token === '' ? {} : {'x-vault-token': token},
      ...(body === undefined ? {} : {body: JSON.stringify(body)}),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (!response.ok) throw new BaoApiError(method, apiPath, response.status);
    return text === '' ? {} : JSON.parse(text);
  };
}

export class BaoApiError extends Error {
  override readonly name = 'BaoApiError';
  readonly status: number;

  constructor(method: string, apiPath: string, status: number) {
    super(`OpenBao answered ${status} to ${method} ${apiPath}`);
    this.status = status;
  }
}

/** Audit devices can't be made through the API, so they stand here. With clustering, the server would take the next port too. */
function configuration(folder: string, port: number, rawAudit: boolean): string {
  const device = (name: string, file: string, options: string): string => `
audit "file" "${name}" {
  options {
    file_path = "${path.join(folder, file)}"
    mode      = "0600"${options}
  }
}
`;
  return `
storage "inmem" {}
listener "tcp" {
  address     = "127.0.0.1:${port}"
  tls_disable = true
}
api_addr           = "http://127.0.0.1:${port}"
cluster_name       = "offdrill-lab"
disable_clustering = true
log_level          = "warn"
${device('main', 'audit.log', '')}${rawAudit ? device('raw', 'raw-audit.log', '\n    log_raw   = "true"') : ''}`;
}
