import type {AuditLine} from './audit-line.ts';

/** One line as the devices wrote it: each with hashes of its own. Undefined for what is no line of an audit device. */
export type UnitedLine = readonly [AuditLine | undefined, ...AuditLine[]];

/**
 * What several devices wrote, as one log: each line once, in the order of the first device; what that one lost stands where
 * the next one has it, after the line that both have. Devices write all lines, or lose some.
 */
export function uniteLines(devices: readonly (readonly (AuditLine | undefined)[])[]): readonly UnitedLine[] {
  const [first = [], ...others] = devices;
  return others.reduce<readonly UnitedLine[]>(
    unite,
    first.map((line) => [line]),
  );
}

function unite(united: readonly UnitedLine[], lines: readonly (AuditLine | undefined)[]): readonly UnitedLine[] {
  const places = new Map<string, number>();
  for (const [at, line] of lines.entries()) if (line !== undefined) places.set(keyOf(line), at);
  const known = new Set(united.flatMap(([line]) => (line === undefined ? [] : [keyOf(line)])));
  const result: UnitedLine[] = [];
  let next = 0;
  const addUpTo = (end: number): void => {
    for (; next < end; next++) {
      const line = lines[next];
      if (line === undefined || !known.has(keyOf(line))) result.push([line]);
    }
  };
  for (const versions of united) {
    const [line] = versions;
    const at = line === undefined ? undefined : places.get(keyOf(line));
    const other = at === undefined ? undefined : lines[at];
    if (at === undefined || other === undefined) result.push(versions);
    else {
      addUpTo(at);
      next = Math.max(next, at + 1);
      result.push([...versions, other]);
    }
  }
  addUpTo(lines.length);
  return result;
}

function keyOf({type, request}: AuditLine): string {
  return `${type} ${request.id ?? ''}`;
}
