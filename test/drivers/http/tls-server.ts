import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {onTestFinished} from 'vitest';

/**
 * OpenSSL’s own server until the test is over. It lets in only who shows a certificate that `trusts` signed, and says by an
 * alert what it objects to: a server of Node hangs up without a word.
 */
export async function serveTls(own: {readonly file: string; readonly keyFile: string}, trusts: string): Promise<URL> {
  const words = ['-accept', '127.0.0.1:0', '-cert', own.file, '-key', own.keyFile, '-CAfile', trusts];
  const server = spawn('openssl', ['s_server', ...words, '-Verify', '1', '-verify_return_error', '-www'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(async () => {
    server.kill('SIGKILL');
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  });
  for await (const line of createInterface(server.stdout)) {
    const port = /^ACCEPT .*:(\d+)$/.exec(line)?.[1];
    if (port !== undefined) return new URL(`https://localhost:${port}/`);
  }
  throw new Error('OpenSSL did not start to serve.');
}
