/** The value below which a share of all lies, between two neighbours in proportion. NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

export type Spread = {readonly median: number; readonly min: number; readonly max: number};

export function spreadOf(values: readonly number[]): Spread {
  return {median: median(values), min: Math.min(...values), max: Math.max(...values)};
}

/** The change of `y` for each one of `x`, by least squares. 0 where all stand at one place. */
export function slope(points: readonly {readonly x: number; readonly y: number}[]): number {
  const [meanX, meanY] = [mean(points.map(({x}) => x)), mean(points.map(({y}) => y))];
  const across = points.reduce((total, {x}) => total + (x - meanX) ** 2, 0);
  const along = points.reduce((total, {x, y}) => total + (x - meanX) * (y - meanY), 0);
  return across === 0 ? 0 : along / across;
}
