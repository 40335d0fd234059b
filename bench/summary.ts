import {type Goal, isMet} from './goal.ts';
import type {Reading, Row} from './measurement.ts';
import {type Spread, spreadOf} from './statistics.ts';

/** A row after all rounds, as it stands in `bench/results.json`. */
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
