/** A name in a statement that takes no parameters, such as ALTER ROLE. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
