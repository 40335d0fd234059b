import {createHash, createHmac, pbkdf2Sync, randomBytes} from 'node:crypto';

/** What PostgreSQL itself makes of a password and keeps (RFC 5803), so that no statement, and no log of statements, holds the password. ASCII only: nothing is normalised here. */
export function createScramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest('base64');
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

/** PostgreSQL's default. A random password of 32 bytes needs no slower hash. */
const iterations = 4096;
