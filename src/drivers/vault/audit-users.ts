import nodePath from 'node:path';
import type {Clock} from '../../contract/clock.ts';
import type {AuditUse} from '../../contract/driver.ts';
import {DriverError} from '../../contract/driver-error.ts';
import {isInScope} from '../../contract/in-scope.ts';
import type {DeclaredIdentity} from '../../contract/operation.ts';
import {readLinesSince} from '../log-file.ts';
import {readIdentity} from './audit-actors.ts';
import {type AuditCommand, printAudit, timeOfLine} from './audit-device.ts';
import type {AuditFileInput} from './audit-file.ts';
import {type AuditLine, isError, isLogin, parseLine} from './audit-line.ts';

type Asked = {
  readonly paths: readonly string[];
  readonly since: number;
  readonly identities: readonly DeclaredIdentity[];
  readonly base: string;
};

/** As an action says that it takes the right to log in by a role. */
export function loginPath({role, mount}: {readonly role: string; readonly mount: string}): string {
  return `auth/${mount}/login as ${role}`;
}

type Found = {readonly uses: readonly AuditUse[]; readonly from?: string; readonly unknown?: string};

/** Who was served, by what their tokens say of themselves: dead tokens have no accessor that could be looked up. */
export async function usersInAuditFile(given: AuditFileInput, asked: Asked): Promise<Found> {
  const found = new Users(asked);
  const file = nodePath.resolve(asked.base, given.path);
  const {from, unread} = await readLinesSince(file, asked.since, (text) => found.add(parseLine(text)), timeOfLine);
  if (from === undefined) return {uses: [], unknown: `no audit log can be read at \`${file}\``};
  return {
    uses: found.all(),
    ...(from <= asked.since ? {} : {from: new Date(from).toISOString()}),
    ...(unread.length === 0 ? {} : {unknown: `${unread.join(', ')} can't be read`}),
  };
}

/** As from a file, of what the command prints: the only thing that a plan starts. */
export async function usersInAuditCommand(
  given: AuditCommand,
  asked: Asked & {readonly clock: Clock; readonly signal: AbortSignal},
): Promise<Found> {
  const isHeld = [...given.argv, ...Object.values(given.env ?? {})].some((text) => text.includes('${{'));
  if (isHeld) return {uses: [], unknown: 'its command is given what a plan does not know, such as a secret'};
  const found = new Users(asked);
  let from = Number.NaN;
  const add = (text: string): void => {
    const time = timeOfLine(text);
    if (Number.isNaN(from)) from = time;
    if (time >= asked.since) found.add(parseLine(text));
  };
  try {
    await printAudit(given, {from: asked.since, to: asked.clock.now()}, add, asked);
  } catch (error) {
    if (error instanceof DriverError) return {uses: [], unknown: error.message};
    throw error;
  }
  if (Number.isNaN(from)) return {uses: [], unknown: 'its command prints no line of an audit log of that time'};
  return {uses: found.all(), ...(from <= asked.since ? {} : {from: new Date(from).toISOString()})};
}

class Users {
  readonly #asked: Asked;
  readonly #declared: readonly string[];
  readonly #uses = new Map<string, {use: AuditUse; addresses: Set<string>}>();

  constructor(asked: Asked) {
    this.#asked = asked;
    this.#declared = asked.identities.map((identity) => readIdentity(identity).approle);
  }

  add(line: AuditLine | undefined): void {
    if (line?.type !== 'response' || isError(line)) return;
    const {path, who, isDeclared} = this.#read(line);
    if (!isInScope(this.#asked.paths, path)) return;
    const key = `${path} ${who}`;
    const known = this.#uses.get(key);
    const addresses = known?.addresses ?? new Set<string>();
    if (line.request.remote_address !== undefined) addresses.add(line.request.remote_address);
    const use = {path, who, isDeclared, addresses: [], times: (known?.use.times ?? 0) + 1, lastAt: line.time};
    this.#uses.set(key, {use, addresses});
  }

  all(): readonly AuditUse[] {
    return [...this.#uses.values()]
      .map(({use, addresses}) => ({...use, addresses: [...addresses].toSorted()}))
      .toSorted((a, b) => a.path.localeCompare(b.path) || b.times - a.times);
  }

  #read(line: AuditLine): Pick<AuditUse, 'path' | 'who' | 'isDeclared'> {
    const auth = isLogin(line) ? line.response?.auth : line.auth;
    const role = auth?.metadata?.role_name;
    const by = typeof role === 'string' && role !== '' ? role : undefined;
    const path =
      isLogin(line) && by !== undefined
        ? loginPath({role: by, mount: line.request.path.replace(/^auth\/|\/login.*$/g, '')})
        : line.request.path;
    return {
      path,
      who: by === undefined ? (auth?.display_name ?? 'unnamed') : `approle ${by}`,
      isDeclared: by !== undefined && this.#declared.includes(by),
    };
  }
}
