import type {NeededRight} from '../contract/driver.ts';

/** Each path once, with all that is needed of it and by whom. */
export function mergeRights(needs: readonly NeededRight[]): readonly NeededRight[] {
  const byPath = new Map<string, NeededRight>();
  for (const need of needs) {
    const {without, ...known} = byPath.get(need.path) ?? {...need, capabilities: [], neededBy: []};
    const capabilities = [...new Set([...known.capabilities, ...need.capabilities])].sort();
    const neededBy = [...new Set([...known.neededBy, ...need.neededBy])];
    // Whoever can't do without decides.
    const isOptional = without !== undefined && need.without !== undefined;
    byPath.set(need.path, {...known, capabilities, neededBy, ...(isOptional ? {without} : {})});
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
