import {createHash, randomBytes} from 'node:crypto';
import {readFile, rename, writeFile} from 'node:fs/promises';
import path from 'node:path';

/** Where a new key of billing-api is delivered, in its folder. */
export const nextKeyFile = 'next-key';

/** Makes a new key, delivers it, and has billing-api accept it and no other. */
export async function issueBillingKey(folder: string): Promise<string> {
  const key = `bill_${randomBytes(24).toString('base64url')}`;
  await replace(path.join(folder, nextKeyFile), key);
  await replace(path.join(folder, 'accepted'), `${digestOf(key)}\n`);
  return key;
}

/** From here on billing-api refuses every key. */
export async function revokeBillingKey(folder: string): Promise<void> {
  await replace(path.join(folder, 'accepted'), '');
}

/** Digests of the keys that billing-api accepts just now. */
export async function acceptedKeys(folder: string): Promise<readonly string[]> {
  const text = await readFile(path.join(folder, 'accepted'), 'utf8');
  return text.split('\n').filter((line) => line !== '');
}

export function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** At once: whoever reads it meanwhile finds the one or the other. */
async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.part`, text, {mode: 0o600});
  await rename(`${file}.part`, file);
}
