import {type Goal, isMet, renderGoal} from './goal.ts';
import type {Reading, Row} from './measurement.ts';
import {type Spread, spreadOf} from './statistics.ts';

/** A row after all rounds. */
export type RowSummary = {
  readonly name: string;
  readonly unit: string;
  readonly value: Spread;
  readonly floor: Spread | null;
  readonly ratio: Spread | null;
  readonly goal: Goal;
  readonly met: boolean;
  readonly rounds: number;
};

export function summarize({name, unit, goal}: Row, readings: readonly Reading[]): RowSummary {
  const isRatio = goal.kind === 'ratio' || goal.kind === 'ratio-always';
  const value = spreadOf(readings.map((reading) => reading.value));
  const floors = readings.flatMap(({floor}) => floor ?? []);
  const ratios = readings.flatMap((reading) =>
    isRatio && reading.floor !== undefined ? reading.value / reading.floor : [],
  );
  const floor = floors.length === 0 ? null : spreadOf(floors);
  const ratio = ratios.length === 0 ? null : spreadOf(ratios);
  const met = isMet(goal, {value: value.median, ratio});
  return {name, unit, value, floor, ratio, goal, met, rounds: readings.length};
}

/** As it stands in `bench/results.json`: medians, and the ends of what was seen beside them. */
export function resultOf({name, unit, value, floor, ratio, goal, met, rounds}: RowSummary) {
  const ends = (spread: Spread | null) => (spread === null ? null : [spread.min, spread.max]);
  return {
    name,
    unit,
    value: value.median,
    floor: floor?.median ?? null,
    ratio: ratio?.median ?? null,
    goal: renderGoal(goal, unit),
    met,
    rounds,
    range: {value: ends(value), floor: ends(floor), ratio: ends(ratio)},
  };
}
