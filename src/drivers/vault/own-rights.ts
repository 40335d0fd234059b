import type {NeededRight} from '../../contract/driver.ts';

/** What the connection needs beside its operations: the run's own token, its marks in the log, and the locks that its own bad logins cause. */
export function ownRights(needs: readonly NeededRight[]): readonly NeededRight[] {
  const readsRoleIds = needs.some(({path}) => path.endsWith('/role-id'));
  return [
    {path: 'auth/token/create', capabilities: ['update'], neededBy: ['the run token']},
    {path: 'auth/token/lookup-self', capabilities: ['read'], neededBy: ['the control']},
    {path: 'auth/token/revoke-self', capabilities: ['update'], neededBy: ['the end of the run token']},
    {path: 'cubbyhole/offdrill-*', capabilities: ['read'], neededBy: ['the marks of the phases in the audit log']},
    {path: 'sys/capabilities-self', capabilities: ['update'], neededBy: ['preflight']},
    {
      path: 'auth/token/revoke-accessor',
      capabilities: ['update'],
      neededBy: ['resume'],
      without: 'the token of a run that was cut off lives until it ends by itself',
    },
    ...(readsRoleIds ? unlocking : []),
  ];
}

const without = "a role that the run's own bad logins lock stays locked for 15 minutes";
const unlocking: readonly NeededRight[] = [
  {path: 'sys/locked-users', capabilities: ['read'], neededBy: ['login probes'], without},
  // The accessor of the mount, and the role-id.
  {path: 'sys/locked-users/+/unlock/+', capabilities: ['update'], neededBy: ['login probes'], without},
];
