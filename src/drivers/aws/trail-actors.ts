import * as z from 'zod';
import {exactlyOneOf} from '../../contract/fields.ts';
import type {AuditEvent, DeclaredIdentity} from '../../contract/operation.ts';
import {roleField, userField} from './fields.ts';
import {isService} from './trail-event.ts';
import {handedOut, type TrailRecord} from './trail-record.ts';

export const identity = z
  .strictObject({
    user: userField.optional(),
    role: roleField.optional().meta({description: 'The name of the IAM role, whose sessions it works with'}),
  })
  .check(exactlyOneOf('user', 'role'));

export const declaredPrincipal = z.strictObject({
  role: z.enum(['integration', 'workload']),
  kind: z.enum(['user', 'role']),
  name: z.string(),
});
export type DeclaredPrincipal = Readonly<z.infer<typeof declaredPrincipal>>;

export function readPrincipals(identities: readonly DeclaredIdentity[]): readonly DeclaredPrincipal[] {
  return identities.map(({role, spec}) => {
    const {user, role: name = ''} = identity.parse(spec);
    return user === undefined ? {role, kind: 'role', name} : {role, kind: 'user', name: user};
  });
}

type Actor = AuditEvent['actor'];

/** So many sessions that were each taken with the one before: AWS itself lets no such chain be endless. */
const longestChain = 20;

/**
 * Tells who did what by the access key: the run's own sessions, and then the user or the role that AWS itself writes beside a
 * key. The name of a session is a label. Whoever takes a role within the window acts by its session, whatever role that is.
 */
export class TrailActors {
  readonly #ownKeys: ReadonlySet<string>;
  readonly #account: string;
  readonly #declared: readonly DeclaredPrincipal[];
  /** By the access key of each session, what handed it out. */
  readonly #makers: ReadonlyMap<string, TrailRecord>;

  constructor(options: {
    readonly ownKeys: readonly string[];
    readonly account: string;
    readonly declared: readonly DeclaredPrincipal[];
    readonly records: readonly TrailRecord[];
  }) {
    this.#ownKeys = new Set(options.ownKeys);
    this.#account = options.account;
    this.#declared = options.declared;
    this.#makers = new Map(
      options.records.flatMap((record) => {
        const key = handedOut(record);
        return key === undefined || isService(record) ? [] : [[key, record] as const];
      }),
    );
  }

  of(record: TrailRecord, depth = 0): Actor {
    const key = record.userIdentity?.accessKeyId ?? '';
    if (this.#ownKeys.has(key) || this.#ownKeys.has(handedOut(record) ?? '')) return {kind: 'run'};
    if (isByHand(record) || depth > longestChain) return {kind: 'somebody'};
    const maker = this.#makers.get(key);
    if (maker !== undefined) return this.of(maker, depth + 1);
    if (isService(record)) return {kind: 'workload', name: record.userIdentity?.invokedBy ?? record.eventSource};
    const found = this.#declared.find((principal) => this.#isOf(record, principal));
    return found === undefined ? {kind: 'somebody'} : {kind: found.role, name: found.name};
  }

  #isOf({userIdentity}: TrailRecord, {kind, name}: DeclaredPrincipal): boolean {
    const {type, accountId, userName, sessionContext} = userIdentity ?? {};
    if (accountId !== this.#account) return false;
    if (kind === 'user' && type === 'IAMUser') return userName === name;
    const issuer = sessionContext?.sessionIssuer;
    const isOfKind = kind === 'user' ? type === 'FederatedUser' && issuer?.type === 'IAMUser' : type === 'AssumedRole';
    return isOfKind && issuer?.userName === name;
  }
}

/** Marks of a person: no program signs in to the console, or works through it. */
function isByHand({eventType, userAgent = '', sessionCredentialFromConsole}: TrailRecord): boolean {
  if (sessionCredentialFromConsole === true) return true;
  if (eventType === 'AwsConsoleSignIn' || eventType === 'AwsConsoleAction') return true;
  // The console asks with the name of the browser, or with its own.
  return /^Mozilla\/|\b(?:console|signin)\.(?:aws\.)?amazon(?:aws)?\.com/i.test(userAgent);
}
