/** The page with this text between the two markers of that name; what stands around them is written by hand and stays. */
export function fillPage(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) {
    throw new Error(`Expected \`${begin}\` and \`${end}\` after it, each on a line of its own. Put them back.`);
  }
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}
