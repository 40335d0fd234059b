import type {GuardEntry, Identity} from '../../contract/target.ts';
import {expectedIdentities} from '../../plan/expected-identities.ts';
import type {PlannedConnection} from '../../plan/plan.ts';
import type {Finding} from '../../report/finding.ts';

/** Whether the server that answered is the one that the guard expects. */
export function examineIdentity(
  connection: PlannedConnection,
  guard: readonly GuardEntry[],
  identity: Identity,
): {readonly isRefused: boolean; readonly findings: readonly Finding[]} {
  const {name: subject} = connection;
  const expected = expectedIdentities(guard, connection);
  const what = [identity.product, identity.version].filter((part) => part !== undefined && part !== '').join(' ');
  const at = connection.targets.map(({address}) => [address].flat().join(' ')).join(', ');
  const found: Finding = {state: 'ok', check: 'connection', subject, message: `${at} answers${what && `: ${what}`}`};
  if (expected.length === 0) return {isRefused: false, findings: [found]};
  const names = expected.map((name) => `\`${name}\``).join(' or ');
  const {cluster} = identity;
  if (cluster !== undefined && expected.includes(cluster)) {
    const message = `says it is \`${cluster}\`, as the guard expects`;
    return {isRefused: false, findings: [found, {state: 'ok', check: 'identity', subject, message}]};
  }
  const message =
    cluster === undefined
      ? `Expected the server at ${at} to say that it is ${names}, and it names no cluster. Give it a \`cluster_name\`; a sealed server says none either.`
      : `Expected the server at ${at} to be ${names}, and it says it is \`${cluster}\`. Check the address, and what stands in \`guard.allow\`.`;
  return {isRefused: cluster !== undefined, findings: [found, {state: 'fail', check: 'identity', subject, message}]};
}
