export type Check = readonly [what: string, isSo: () => Promise<boolean>];

/** What is not so, a sentence each. What can't be asked is not. */
export async function problemsOf(checks: readonly Check[]): Promise<readonly string[]> {
  const problems = await Promise.all(
    checks.map(async ([what, isSo]) => ((await isSo().catch(() => false)) ? [] : [`not so: ${what}`])),
  );
  return problems.flat();
}
