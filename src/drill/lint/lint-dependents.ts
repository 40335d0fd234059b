import type {Doubt, Linted} from './doubt.ts';

/** Which dependent uses which system is for people to know: that there is none at all is certain. */
export function lintDependents({drill}: Linted): readonly Doubt[] {
  if (Object.keys(drill.dependents).length > 0) return [];
  return [
    {
      code: 'no-dependent',
      message:
        'No dependent is watched: nobody would notice what the steps do to others on the systems that they change. Name one that uses them.',
      path: ['shutdown'],
      criterion: 'dependents-unharmed',
    },
  ];
}
