/** What a row has to come to. */
export type Goal =
  /** The value, by its floor in the same round. */
  | {readonly kind: 'ratio'; readonly atMost: number}
  /** The same, and in each round, not in the median of them. */
  | {readonly kind: 'ratio-always'; readonly atMost: number}
  | {readonly kind: 'at-most'; readonly limit: number}
  | {readonly kind: 'at-least'; readonly limit: number};

/** `value` is the median of all rounds. Each round has a ratio of its own, so that a slow minute slows both its sides. */
export type Outcome = {readonly value: number; readonly ratio: {readonly median: number; readonly max: number} | null};

export function isMet(goal: Goal, {value, ratio}: Outcome): boolean {
  switch (goal.kind) {
    case 'ratio':
      return ratio !== null && ratio.median <= goal.atMost;
    case 'ratio-always':
      return ratio !== null && ratio.max <= goal.atMost;
    case 'at-most':
      return value <= goal.limit;
    case 'at-least':
      return value >= goal.limit;
  }
}

export function renderGoal(goal: Goal, unit: string): string {
  switch (goal.kind) {
    case 'ratio':
      return `≤ ${goal.atMost}× floor`;
    case 'ratio-always':
      return `≤ ${goal.atMost}× floor, always`;
    case 'at-most':
      return `≤ ${goal.limit} ${unit}`;
    case 'at-least':
      return `≥ ${goal.limit} ${unit}`;
  }
}
