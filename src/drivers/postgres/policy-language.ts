import * as z from 'zod';
import type {PolicyLanguage} from '../../contract/driver.ts';
import {mergeRights} from '../merge-rights.ts';
import {quoteIdentifier} from './quote.ts';

/** SQL that an administrator runs. */
export const policyLanguage: PolicyLanguage = {
  comment: '--',
  complete: mergeRights,
  render: (needs, input) => {
    const {user} = z.looseObject({user: z.string()}).parse(input);
    return needs
      .flatMap(({path, capabilities, neededBy}) => [
        `-- ${neededBy.join(', ')}`,
        ...capabilities.map((capability) => renderGrant(capability, path, user)),
        '',
      ])
      .join('\n');
  },
};

/** What is no membership can't be granted by a statement that fits every server. */
function renderGrant(capability: string, role: string, user: string): string {
  return capability === 'member'
    ? `grant ${quoteIdentifier(role)} to ${quoteIdentifier(user)};`
    : `-- ${capability} on ${role}, for ${user}: see the driver's page`;
}
