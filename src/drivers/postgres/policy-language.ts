import * as z from 'zod';
import type {NeededRight, PolicyLanguage} from '../../contract/driver.ts';
import {quoteIdentifier} from './quote.ts';

/** SQL that an administrator runs. */
export const policyLanguage: PolicyLanguage = {
  comment: '--',
  complete: (needs) => {
    const byRole = new Map<string, NeededRight>();
    for (const need of needs) {
      const known = byRole.get(need.path) ?? {...need, capabilities: [], neededBy: []};
      const capabilities = [...new Set([...known.capabilities, ...need.capabilities])].sort();
      byRole.set(need.path, {...known, capabilities, neededBy: [...new Set([...known.neededBy, ...need.neededBy])]});
    }
    return [...byRole.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  },
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
