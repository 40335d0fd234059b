import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {SecretsManager} from '@aws-sdk/client-secrets-manager';
import {readSetting} from './settings.ts';

/**
 * A service's way to its secret: with a key of its own, from the file that was delivered, which is read once, when it starts.
 * The secret is asked for each time it is needed, and never kept.
 */
export async function openSecret(): Promise<() => Promise<string>> {
  const text = await readFile(path.join(readSetting('LAB_CREDENTIALS'), 'credentials'), 'utf8');
  const read = (name: string): string => new RegExp(`^${name} *= *(\\S+)`, 'm').exec(text)?.[1] ?? '';
  const client = new SecretsManager({
    region: readSetting('LAB_REGION'),
    endpoint: readSetting('LAB_AWS'),
    credentials: {accessKeyId: read('aws_access_key_id'), secretAccessKey: read('aws_secret_access_key')},
    maxAttempts: 1,
  });
  const SecretId = readSetting('LAB_SECRET');
  return async () => {
    const {SecretString} = await client.getSecretValue({SecretId});
    if (SecretString === undefined) throw new Error(`Expected text in the secret ${SecretId}.`);
    return SecretString;
  };
}
