import {median, slope} from '../statistics.ts';

export type Point = {readonly at: number; readonly value: number};

export type Trend = {
  readonly what: string;
  readonly unit: string;
  readonly first: number;
  readonly last: number;
  readonly perHour: number;
  /** How much the last quarter may be above the first. */
  readonly bound: number;
  readonly grows: boolean;
};

/** One figure for the first and one for the last quarter of the time, the median if not said otherwise, and the slope of all. */
export function trendOf(
  points: readonly Point[],
  options: Pick<Trend, 'what' | 'unit' | 'bound'>,
  figure: (values: readonly number[]) => number = median,
): Trend {
  // Half an hour has hundreds of thousands, too many for the arguments of one call.
  const from = points.reduce((least, {at}) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const to = points.reduce((most, {at}) => Math.max(most, at), Number.NEGATIVE_INFINITY);
  const quarter = (to - from) / 4;
  const first = figure(points.filter(({at}) => at <= from + quarter).map(({value}) => value));
  const last = figure(points.filter(({at}) => at >= to - quarter).map(({value}) => value));
  const perHour = 3_600_000 * slope(points.map(({at, value}) => ({x: at - from, y: value})));
  return {...options, first, last, perHour, grows: !(last - first <= options.bound)};
}

export function renderTrends(trends: readonly Trend[]): string {
  const round = (value: number): string => String(Number(value.toFixed(2)));
  const lines = trends.map(({what, unit, first, last, perHour, bound, grows}) =>
    [
      what,
      `${round(first)} ${unit}`,
      `${round(last)} ${unit}`,
      `${round(perHour)} ${unit}`,
      `+${bound} ${unit}`,
      grows ? 'yes' : 'no',
    ].join(' | '),
  );
  const head = ['what', 'first quarter', 'last quarter', 'slope an hour', 'may grow by', 'grows'].join(' | ');
  return [head, '--- | --- | --- | --- | --- | ---', ...lines].map((line) => `| ${line} |`).join('\n');
}
