import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {type LabProcess, refuseIfEnded, startProcess} from './processes.ts';
import {waitFor} from './wait-for.ts';

/** Calls OpenBao's API with one token. Throws with status and path, never with what was sent. */
export type BaoApi = (method: string, apiPath: string, body?: unknown) => Promise<Record<string, unknown>>;

/** A server with its data in memory and file audit devices, as a process; it is sealed, and has nothing else. */
export async function startBao(options: {
  readonly binary: string;
  readonly data: string;
  readonly port: number;
  readonly rawAudit: boolean;
  readonly onStart: (process: LabProcess) => void;
}): Promise<void> {
  const {binary, data, port, rawAudit} = options;
  const {folder, config} = await configureBao({data, listen: `127.0.0.1:${port}`, port, rawAudit});
  const log = path.join(data, 'logs', 'openbao.log');
  const started = startProcess([binary, 'server', `-config=${config}`], {log, env: {HOME: folder}, cwd: folder});
  options.onStart(started);
  await waitFor('OpenBao answers', 15_000, async () => {
    refuseIfEnded('OpenBao', started, log);
    return (await fetch(`${addressAt(port)}/v1/sys/seal-status`)).ok;
  });
}

/** The folder that the server keeps its audit logs in, and its configuration. */
export async function configureBao(options: {
  readonly data: string;
  /** Where it listens, as it sees itself. */
  readonly listen: string;
  /** Where it is reached. */
  readonly port: number;
  readonly rawAudit: boolean;
  /** HashiCorp's server reads no audit devices there. */
  readonly isVault?: boolean;
}): Promise<{folder: string; config: string}> {
  const folder = path.join(options.data, 'openbao');
  await mkdir(folder, {mode: 0o700});
  const config = path.join(folder, 'config.hcl');
  await writeFile(config, configuration(folder, options), {mode: 0o600});
  return {folder, config};
}

/** Makes a server that answers, and was never used, ready for use. Its root token stays in the lab's folder. */
export async function openBao({data, address}: {readonly data: string; readonly address: string}): Promise<BaoApi> {
  const anonymous = createBaoApi(address, '');
  const init = await anonymous('PUT', 'sys/init', {secret_shares: 1, secret_threshold: 1});
  const [key] = Array.isArray(init.keys) ? init.keys : [];
  await anonymous('PUT', 'sys/unseal', {key});
  const rootToken = String(init.root_token);
  await writeFile(path.join(data, 'root-token'), rootToken, {mode: 0o600});
  await waitFor('OpenBao is active', 15_000, async () => (await fetch(`${address}/v1/sys/health`)).status === 200);
  return createBaoApi(address, rootToken);
}

function addressAt(port: number): string {
  return `http://127.0.0.1:${port}`;
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
function configuration(
  folder: string,
  options: {
    readonly listen: string;
    readonly port: number;
    readonly rawAudit: boolean;
    readonly isVault?: boolean;
  },
): string {
  const {listen, port, rawAudit, isVault = false} = options;
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
  address     = "${listen}"
  tls_disable = true
}
api_addr           = "${addressAt(port)}"
cluster_name       = "offdrill-lab"
disable_clustering = true
log_level          = "warn"
${isVault ? 'disable_mlock = true' : device('main', 'audit.log', '')}${rawAudit && !isVault ? device('raw', 'raw-audit.log', '\n    log_raw   = "true"') : ''}`;
}
