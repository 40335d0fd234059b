type KnownRollback = {
  readonly id: string;
  readonly rollback:
    | {readonly kind: 'none'}
    | {readonly kind: 'action'; readonly uses: string; readonly with?: unknown};
};

/** What a person does for a step of whose rollback nothing but the plan is known; nothing where it needs none. Holds no secret. */
export function describeRollback({id, rollback}: KnownRollback): readonly string[] {
  if (rollback.kind === 'none') return [];
  const given = JSON.stringify(rollback.with);
  return [`Step \`${id}\`: do what \`${rollback.uses}\` does, with ${given}, and see that it worked.`];
}
