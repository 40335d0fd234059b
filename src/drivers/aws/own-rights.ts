import * as z from 'zod';
import type {NeededRight} from '../../contract/driver.ts';
import {roleArnField} from './fields.ts';

export const simulation = 'iam:SimulatePrincipalPolicy';

/** Stands for the name of the user whose policy it is. */
const ownUser = `iam/user/\${aws:username}`;

const connectionInput = z.looseObject({role: z.unknown().optional()});

/** What the connection needs beside its operations: to look at its own rights before a run. */
export function ownRights(input: unknown): readonly NeededRight[] {
  const {role} = connectionInput.parse(input);
  const known = roleArnField.safeParse(role);
  const ofRole = known.success ? `iam/${known.data.split(':').at(-1)}` : `iam/role/\${{ role }}`;
  return [
    {
      path: role === undefined ? ownUser : ofRole,
      capabilities: [simulation],
      neededBy: ['preflight', 'doctor'],
      without: 'a right that is missing shows only at the step that needs it',
    },
  ];
}

export function isOwnUser(path: string): boolean {
  return path === ownUser;
}
