/**
 * Whether a path of an audit record is one of these patterns. `*` is any text, `+` one or more characters but `/`, as in
 * policies of Vault.
 */
export function isInScope(patterns: readonly string[], path: string): boolean {
  return patterns.some((pattern) => expressionOf(pattern).test(path));
}

function expressionOf(pattern: string): RegExp {
  const parts = pattern.split(/([*+])/).map((part) => {
    if (part === '*') return '.*';
    return part === '+' ? '[^/]+' : part.replace(/[.?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`);
}
