import {DriverError} from '../../contract/driver-error.ts';
import type {Context} from '../../contract/operation.ts';
import type {AwsSession} from './session.ts';

type Meant = {
  readonly user?: string | undefined;
  readonly role?: string | undefined;
  readonly principal?: string;
  readonly key?: string;
};

/** What is taken from the run itself could not be given back by it. */
export function refuseOwn(meant: Meant, {connection}: Context<AwsSession>): void {
  const own = connection.holders.find(({arn, key}) => key === meant.key || isOf(arn, meant));
  if (own === undefined) return;
  throw new DriverError(
    `Expected something of the integration's, got what the run itself works with (${own.arn}): it could not give back what it takes from itself. Correct the name, or give the run a credential of its own.`,
    {code: 'conflict', detail: 'own-credential'},
  );
}

function isOf(arn: string, {user, role, principal}: Meant): boolean {
  const [, kind, name] =
    /:(user|assumed-role)\/(?:.*\/)?([^/]+)$/.exec(arn.replace(/(:assumed-role\/[^/]+)\/.*$/, '$1')) ?? [];
  if (kind === 'user') return name === user || arn === principal;
  if (kind !== 'assumed-role') return false;
  return (
    name === role || arn === principal || (principal?.includes(':role/') === true && principal.endsWith(`/${name}`))
  );
}
