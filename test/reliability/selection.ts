/** Everything, where the whole is asked for. */
const isWhole = process.env.OFFDRILL_RELIABILITY_ALL === '1';

/** `count` of all, spread evenly; all of them where the whole is asked for. Which are left out is printed. */
export function choose<T>(all: readonly T[], count: number): readonly T[] {
  if (isWhole || all.length <= count) return all;
  const chosen = all.filter(
    (_one, at) => Math.floor((at * count) / all.length) !== Math.floor(((at + 1) * count) / all.length),
  );
  process.stdout.write(`${chosen.length} of ${all.length} points; all by \`npm run reliability\`\n`);
  return chosen;
}

const atOnce = 4;

/** A few at a time, in order of their results. */
export async function inParallel<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [at, item] = next;
      results[at] = await act(item);
    }
  };
  await Promise.all(Array.from({length: atOnce}, work));
  return results;
}
