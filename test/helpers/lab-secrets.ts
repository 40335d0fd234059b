import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {parseEnv} from 'node:util';
import type {Lab} from '../../lab/lab.ts';

/** Fields of Vault's own raw record that hold a secret. Accessors and user names are none. */
const secretFields = new Set(['client_token', 'token', 'secret_id', 'password', 'wrapped_token']);

/**
 * Every secret that ever existed in the lab: from OpenBao's own audit device that records in clear (every token, secret-id
 * and password that passed through it, the run's own included), and from what the lab itself holds.
 */
export async function collectLabSecrets(lab: Lab): Promise<readonly string[]> {
  const secrets = new Set<string>([lab.rootToken()]);
  const env = parseEnv(await readFile(path.join(lab.data, 'offdrill.env'), 'utf8'));
  for (const value of Object.values(env)) if (value !== undefined) secrets.add(value);
  secrets.add((await readFile(path.join(lab.data, 'orders-mcp', 'secret-id'), 'utf8')).trim());
  const raw = await readFile(path.join(lab.data, 'openbao', 'raw-audit.log'), 'utf8');
  for (const line of raw.split('\n')) if (line !== '') collect(JSON.parse(line), secrets);
  return [...secrets];
}

function collect(value: unknown, secrets: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    if (secretFields.has(key) && typeof child === 'string' && child.length >= 6) secrets.add(child);
    else collect(child, secrets);
  }
}
