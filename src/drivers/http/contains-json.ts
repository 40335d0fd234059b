/** Whether all of `expected` is in `found`: the members that it names, the items of a list each in its place. There may be more. */
export function containsJson(found: unknown, expected: unknown): boolean {
  if (Array.isArray(expected)) {
    return Array.isArray(found) && expected.every((item, at) => containsJson(found[at], item));
  }
  if (!isObject(expected)) return found === expected;
  if (!isObject(found) || Array.isArray(found)) return false;
  return Object.entries(expected).every(([key, value]) => Object.hasOwn(found, key) && containsJson(found[key], value));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
