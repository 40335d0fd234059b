import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {parseEnv} from 'node:util';
import type {AwsLab} from '../../lab/aws-lab.ts';
import type {Lab} from '../../lab/lab.ts';

/** Fields of Vault's own raw record that hold a secret. Accessors and user names are none. */
const secretFields = new Set(['client_token', 'token', 'secret_id', 'password', 'wrapped_token']);
/** The same of what moto tells of itself. */
const motoFields = new Set(['secret_access_key', 'session_token', 'secret_string']);

/** Every secret that ever existed in a lab, and the field in which it was found. */
export type LabSecrets = ReadonlyMap<string, string>;

/**
 * From OpenBao's own audit device that records in clear (every token, secret-id and password that passed through it, the
 * run's own included), and from what the lab itself holds.
 */
export async function collectLabSecrets(lab: Lab): Promise<LabSecrets> {
  const secrets = new Map<string, string>([[lab.rootToken(), 'root token']]);
  const env = parseEnv(await readFile(path.join(lab.data, 'offdrill.env'), 'utf8'));
  for (const [name, value] of Object.entries(env)) if (value !== undefined) secrets.set(value, name);
  const raw = await readFile(path.join(lab.data, 'openbao', 'raw-audit.log'), 'utf8');
  for (const line of raw.split('\n')) if (line !== '') collect(JSON.parse(line), secretFields, secrets);
  for (const role of ['orders-mcp', 'checkout']) {
    secrets.set((await readFile(path.join(lab.data, role, 'secret-id'), 'utf8')).trim(), `secret-id of ${role}`);
  }
  const clientKey = await readFile(path.join(lab.data, 'orders-mcp', 'client-key'), 'utf8');
  return secrets.set(clientKey.trim(), 'key of a client of orders-mcp');
}

/** Every secret that is in moto just now, with the key of billing-api that is delivered: what is deleted is not told any more. */
export async function collectAwsSecrets({addresses, data}: AwsLab): Promise<LabSecrets> {
  const nextKey = await readFile(path.join(data, 'billing-api', 'next-key'), 'utf8');
  const secrets = new Map([[nextKey, 'key of billing-api']]);
  const told = await fetch(`${addresses.aws}/moto-api/data.json`);
  collect(await told.json(), motoFields, secrets);
  return secrets;
}

function collect(value: unknown, fields: ReadonlySet<string>, secrets: Map<string, string>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    if (!fields.has(key) || typeof child !== 'string') collect(child, fields, secrets);
    else if (child.length >= 6 && !secrets.has(child)) secrets.set(child, key);
  }
}

/** How a text may hold a secret: raw, in a URL, in JSON, in hex, in base64 at any of its three alignments. */
export function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const aligned = [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url');
    // The first and last characters also depend on what stands around the secret.
    const inner = whole.slice(before === 0 ? 0 : before + 1, Math.floor(((before + bytes.length) * 8) / 6));
    return [inner, inner.replaceAll('-', '+').replaceAll('_', '/')];
  });
  const escaped = JSON.stringify(secret).slice(1, -1);
  return [...new Set([secret, encodeURIComponent(secret), escaped, hex, hex.toUpperCase(), ...aligned])];
}
