import type {Doubt, Linted} from './doubt.ts';
import {probeOf} from './probe-of.ts';

/** That nobody answers removes a server, and nothing that it held. */
export function lintUnreachable({drill, drivers}: Linted): readonly Doubt[] {
  const proves = Object.values(drill.access).some(
    (access) => access.expect.includes('denied') && probeOf(access, drivers)?.carriesCredential(access.with) === true,
  );
  if (proves) return [];
  return [
    {
      code: 'only-unreachable',
      message:
        'No access asks with a credential of the integration and is denied: that a server no longer answers says nothing of what it held. Add one, such as `vault/token` or `postgres/query`.',
      path: ['access'],
      criterion: 'access-removed',
    },
  ];
}
