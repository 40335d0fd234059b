import {randomBytes} from 'node:crypto';
import {open} from 'node:fs/promises';
import nodePath from 'node:path';
import * as z from 'zod';
import type {Look} from '../../contract/driver.ts';
import {DriverError} from '../../contract/driver-error.ts';
import type {Context} from '../../contract/operation.ts';
import {readBody} from './answers.ts';
import {type AuditCommand, type AuditDevice, commandDevice, fileDevice} from './audit-device.ts';
import type {AuditFileInput} from './audit-file.ts';
import {parseLine} from './audit-line.ts';
import {pathOf} from './client.ts';
import type {VaultSession} from './session.ts';

const grows = 'readable, and grows with calls to it';

/** A read that finds nothing is looked for in the log: it stands there with its path in clear, and changes nothing. */
export async function lookAtAuditFile(given: AuditFileInput, ctx: Context<VaultSession>): Promise<Look> {
  for (const {path, device} of [given, ...given.also]) {
    const file = nodePath.resolve(ctx.base, path);
    const unreadable = await whyUnreadable(file);
    if (unreadable !== undefined) return fail(`Expected an audit log at \`${file}\`, ${unreadable}.`);
    const look = await lookAtDevice(fileDevice({path, device}, ctx.base), ctx);
    if (look.state !== 'ok') return look;
  }
  return {state: 'ok', message: grows};
}

/** The same of a log that a command prints. */
export async function lookAtAuditCommand(given: AuditCommand, ctx: Context<VaultSession>): Promise<Look> {
  try {
    return await lookAtDevice(commandDevice(given, ctx), ctx);
  } catch (error) {
    if (error instanceof DriverError) return fail(error.message);
    throw error;
  }
}

async function lookAtDevice(device: AuditDevice, ctx: Context<VaultSession>): Promise<Look> {
  const mark = pathOf('cubbyhole', `offdrill-doctor-${randomBytes(6).toString('hex')}`);
  // Whether it may read there or not, the request is recorded.
  await ctx.connection.ask({method: 'GET', path: mark, signal: ctx.signal});
  const written = await waitForLine(device, mark, ctx);
  if (written === undefined) {
    return fail(
      `Expected ${device.log} to grow with a call to ${ctx.connection.address} within ${device.withinMs / 1000} s, and it does not hold it. Is it that of this Vault's device \`${device.name}\`?`,
    );
  }
  return lookAtHashes(device, written, ctx);
}

async function whyUnreadable(file: string): Promise<string | undefined> {
  try {
    const handle = await open(file, 'r');
    const isFile = (await handle.stat()).isFile();
    await handle.close();
    return isFile ? undefined : 'and it is no file. Correct `path`';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an error';
    if (code === 'ENOENT') return 'and there is none. Correct `path`, or run where the log is';
    return `and it can't be read (${code}). Let this user read it`;
  }
}

/** The accessor of the newest line of this path, as the device writes it; undefined where no line comes. */
async function waitForLine(
  device: AuditDevice,
  mark: string,
  {clock, signal}: Context<VaultSession>,
): Promise<string | undefined> {
  const deadline = clock.now() + device.withinMs;
  for (;;) {
    let accessor = '';
    const found = await device.find((text) => {
      const line = text.includes(mark) ? parseLine(text) : undefined;
      if (line?.request.path.endsWith(mark) !== true) return false;
      accessor = line.auth?.accessor ?? '';
      return true;
    });
    if (found !== undefined) return accessor;
    if (clock.now() > deadline) return undefined;
    await clock.sleep(device.pauseMs, signal);
  }
}

/** Each device hashes an accessor with a salt of its own, and tells the hash by its name. */
async function lookAtHashes(
  {name: device}: AuditDevice,
  written: string,
  {connection, signal}: Context<VaultSession>,
): Promise<Look> {
  const unsure = (status: number): Look => ({
    state: 'warn',
    message: `${grows}; whether device \`${device}\` writes it can't be told (${status})`,
  });
  const self = await connection.ask({method: 'GET', path: 'auth/token/lookup-self', signal});
  if (self.status !== 200) return unsure(self.status);
  const {accessor} = readBody(selfAnswer, self, 'a token').data;
  if (written === accessor) return {state: 'ok', message: grows};
  if (connection.namespace !== '') {
    return fail(
      `Expected the audit log to hold accessors in clear (\`hmac_accessor = "false"\`), since in namespace \`${connection.namespace}\` no hashes are told. Add such a device.`,
    );
  }
  const path = pathOf('sys/audit-hash', device);
  const hashed = await connection.ask({method: 'POST', path, body: {input: accessor}, signal});
  if (hashed.status !== 200) return unsure(hashed.status);
  const {hash} = readBody(hashAnswer, hashed, 'a hash').data;
  if (written === hash) return {state: 'ok', message: grows};
  return fail(`Expected device \`${device}\` to write this audit log, and another one does. Correct \`device\`.`);
}

function fail(message: string): Look {
  return {state: 'fail', message};
}

const selfAnswer = z.object({data: z.object({accessor: z.string()})});
const hashAnswer = z.object({data: z.object({hash: z.string()})});
