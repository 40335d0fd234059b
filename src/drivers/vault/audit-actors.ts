import type {AuditEvent} from '../../contract/operation.ts';
import {type AuditLine, isLogin} from './audit-line.ts';

export type Actor = AuditEvent['actor'];

export type DeclaredApprole = {
  readonly role: 'integration' | 'workload';
  readonly approle: string;
  readonly mount: string;
};

/**
 * Tells who did what by the accessor of the credential, plain or hashed, and by nothing else: names and metadata can be
 * forged by anybody who may create tokens. Who logs in during the window is learned from the login's own answer, whose
 * metadata the auth method sets.
 */
export class Actors {
  readonly #known: Map<string, Actor>;
  readonly #declared: readonly DeclaredApprole[];

  constructor(known: Readonly<Record<string, Actor>>, declared: readonly DeclaredApprole[]) {
    this.#known = new Map(Object.entries(known));
    this.#declared = declared;
  }

  of(line: AuditLine): Actor {
    const login = line.response?.auth;
    if (isLogin(line) && login?.accessor !== undefined) {
      const actor = this.#known.get(login.accessor) ?? this.#byRole(line);
      if (actor !== undefined) this.#known.set(login.accessor, actor);
      return actor ?? {kind: 'somebody'};
    }
    return this.#known.get(line.auth?.accessor ?? '') ?? {kind: 'somebody'};
  }

  #byRole({request, response}: AuditLine): Actor | undefined {
    const role = response?.auth?.metadata?.role_name;
    const declared = this.#declared.find(
      ({approle, mount}) => approle === role && request.path === `auth/${mount}/login`,
    );
    return declared === undefined ? undefined : {kind: declared.role, name: declared.approle};
  }
}
