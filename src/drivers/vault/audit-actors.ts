import * as z from 'zod';
import type {AuditEvent, DeclaredIdentity} from '../../contract/operation.ts';
import {type AuditLine, isLogin} from './audit-line.ts';

export type Actor = AuditEvent['actor'];

export type DeclaredApprole = {
  readonly role: 'integration' | 'workload';
  readonly approle: string;
  readonly mount: string;
};

const identitySchema = z.object({approle: z.string(), mount: z.string().default('approle')});

export function readIdentity({role, spec}: DeclaredIdentity): DeclaredApprole {
  return {role, ...identitySchema.parse(spec)};
}

/**
 * Tells who did what by the accessor of the credential, plain or hashed, and by nothing else: names and metadata can be
 * forged by anybody who may create tokens. Who logs in during the window is learned from the login's own answer, whose
 * metadata the auth method sets; a token that one makes for another is its maker's.
 */
export class Actors {
  readonly #known: Map<string, Actor>;
  readonly #declared: readonly DeclaredApprole[];

  constructor(known: Readonly<Record<string, Actor>>, declared: readonly DeclaredApprole[]) {
    this.#known = new Map(Object.entries(known));
    this.#declared = declared;
  }

  of(line: AuditLine): Actor {
    const made = line.response?.auth?.accessor ?? '';
    if (isLogin(line)) {
      const actor = this.#known.get(made) ?? this.#byRole(line) ?? {kind: 'somebody'};
      this.#learn(made, actor);
      return actor;
    }
    const actor = this.#known.get(line.auth?.accessor ?? '') ?? this.#claimedBy(line) ?? {kind: 'somebody'};
    this.#learn(made, actor);
    return actor;
  }

  /** The role that a batch token of a declared identity names. It has no accessor, so nothing tells whose it is. */
  namedByBatchToken({auth}: AuditLine): string | undefined {
    return this.#declaredOf(auth)?.approle;
  }

  /** What a batch token says of itself accuses nobody else, and proves nothing: each one used is a gap. */
  #claimedBy({auth}: AuditLine): Actor | undefined {
    const declared = this.#declaredOf(auth);
    return declared === undefined ? undefined : {kind: declared.role, name: declared.approle};
  }

  #declaredOf(auth: AuditLine['auth']): DeclaredApprole | undefined {
    const isBatch = auth !== undefined && (auth.accessor ?? '') === '' && auth.token_type === 'batch';
    return isBatch ? this.#declared.find(({approle}) => approle === auth.metadata?.role_name) : undefined;
  }

  #learn(accessor: string, actor: Actor): void {
    if (accessor !== '' && actor.kind !== 'somebody' && !this.#known.has(accessor)) this.#known.set(accessor, actor);
  }

  #byRole({request, response}: AuditLine): Actor | undefined {
    const role = response?.auth?.metadata?.role_name;
    const declared = this.#declared.find(
      ({approle, mount}) => approle === role && request.path === `auth/${mount}/login`,
    );
    return declared === undefined ? undefined : {kind: declared.role, name: declared.approle};
  }
}
