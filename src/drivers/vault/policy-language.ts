import * as z from 'zod';
import type {NeededRight, PolicyLanguage} from '../../contract/driver.ts';
import {ownRights} from './own-rights.ts';
import {type LockPlace, lockNeed} from './run-lock.ts';

/** HCL of ACL policies, which Vault and OpenBao read alike. */
export const policyLanguage: PolicyLanguage = {
  comment: '#',
  complete: (needs, input) => {
    const {namespace, lock} = connectionInput.parse(input);
    const isInNamespace = namespace !== undefined;
    const asked = needs
      .filter(({path}) => !(isInNamespace && path.startsWith('sys/audit-hash/')))
      .map((need) => ({...need, path: patternOf(need.path)}));
    return widen(merge([...asked, ...ownRights(asked), ...lockRights(lock)]));
  },
  render: (needs) => needs.map(renderRule).join('\n'),
};

/** Hashes of an audit device are told in the root namespace alone. */
const connectionInput = z.looseObject({
  namespace: z.unknown().optional(),
  lock: z.looseObject({mount: z.string(), path: z.string()}).optional(),
});

function lockRights(lock: LockPlace | undefined): readonly NeededRight[] {
  if (lock === undefined) return [];
  const {path, capabilities} = lockNeed(lock);
  return [{path: patternOf(path), capabilities, neededBy: ['the lock of the run']}];
}

/** What stands in a path is decoded before policies are held against it; a value that only the run will know is any one segment. */
function patternOf(path: string): string {
  return path
    .split('/')
    .map(decodeURIComponent)
    .map((segment) => (segment.includes('${{') ? '+' : segment))
    .join('/');
}

function merge(needs: readonly NeededRight[]): readonly NeededRight[] {
  const byPath = new Map<string, NeededRight>();
  for (const need of needs) {
    const {without, ...known} = byPath.get(need.path) ?? {...need, capabilities: [], neededBy: []};
    byPath.set(need.path, {
      ...known,
      capabilities: union(known.capabilities, need.capabilities),
      neededBy: [...new Set([...known.neededBy, ...need.neededBy])],
      // Whoever can't do without decides.
      ...(without !== undefined && need.without !== undefined ? {without} : {}),
    });
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Of several rules the most specific one alone counts, so that a narrow one must give what a wider one beside it gives. */
function widen(needs: readonly NeededRight[]): readonly NeededRight[] {
  return needs.map((need) => {
    const wider = needs.filter(({path}) => path !== need.path && covers(path, need.path));
    const all = wider.reduce((given, {capabilities}) => union(given, capabilities), need.capabilities);
    return {...need, capabilities: all};
  });
}

function covers(pattern: string, path: string): boolean {
  const isPrefix = pattern.endsWith('*');
  const wanted = pattern.replace(/\*$/, '').split('/');
  const given = path.split('/');
  return (
    (isPrefix ? given.length >= wanted.length : given.length === wanted.length) &&
    wanted.every((segment, at) => {
      const isLast = isPrefix && at === wanted.length - 1;
      return isLast ? given[at]?.startsWith(segment) : segment === '+' || segment === given[at];
    })
  );
}

function union(some: readonly string[], others: readonly string[]): readonly string[] {
  return [...new Set([...some, ...others])].sort();
}

function renderRule({path, capabilities, neededBy, without}: NeededRight): string {
  const bound = boundOf(path, capabilities);
  const given = capabilities.map((capability) => JSON.stringify(capability)).join(', ');
  const rules = [['capabilities', `[${given}]`], ...(bound === undefined ? [] : [bound])];
  const width = Math.max(...rules.map(([name]) => name?.length ?? 0));
  return [
    `# ${neededBy.join(', ')}`,
    ...(without === undefined ? [] : [`# Without it, ${without}.`]),
    `path ${JSON.stringify(path)} {`,
    ...rules.map(([name, value]) => `  ${name?.padEnd(width)} = ${value}`),
    '}\n',
  ].join('\n');
}

/** Where a path alone gives more than is needed: what may stand in the body of a call. */
function boundOf(path: string, capabilities: readonly string[]): readonly [string, string] | undefined {
  if (!capabilities.includes('update')) return undefined;
  if (path === 'auth/token/create') {
    const free = ['ttl', 'explicit_max_ttl', 'renewable', 'meta'].map((name) => `"${name}" = []`);
    return ['allowed_parameters', `{ "display_name" = ["offdrill"], ${free.join(', ')} }`];
  }
  // OpenBao revokes the lease that the body names, whatever the path says.
  if (path.startsWith('sys/leases/revoke/')) return ['denied_parameters', '{ "lease_id" = [] }'];
  // An entity can be given any policy.
  if (path.startsWith('identity/entity/id/')) return ['allowed_parameters', '{ "disabled" = [] }'];
  return undefined;
}
