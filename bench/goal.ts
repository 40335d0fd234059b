/** What a row has to come to. */
export type Goal =
  /** The value, by its floor in the same round. */
  | {readonly kind: 'ratio'; readonly atMost: number}
  | {readonly kind: 'at-most'; readonly limit: number}
  | {readonly kind: 'at-least'; readonly limit: number};

/** The medians of all rounds; `ratio` is the median of each round's own, so that a slow minute slows both its sides. */
export type Medians = {readonly value: number; readonly ratio: number | undefined};

export function isMet(goal: Goal, {value, ratio}: Medians): boolean {
  switch (goal.kind) {
    case 'ratio':
      return ratio !== undefined && ratio <= goal.atMost;
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
    case 'at-most':
      return `≤ ${goal.limit} ${unit}`;
    case 'at-least':
      return `≥ ${goal.limit} ${unit}`;
  }
}
