import type {Doubt, Linted} from './doubt.ts';
import {lintCaptures} from './lint-captures.ts';
import {lintControls} from './lint-controls.ts';
import {lintDependents} from './lint-dependents.ts';
import {lintSecrets} from './lint-secrets.ts';
import {lintSessions} from './lint-sessions.ts';
import {lintUnreachable} from './lint-unreachable.ts';

const lints: readonly ((linted: Linted) => readonly Doubt[])[] = [
  lintUnreachable,
  lintControls,
  lintCaptures,
  lintSecrets,
  lintSessions,
  lintDependents,
];

/** What a drill can't prove as it stands. Only what is certain: a drill that draws a warning can't pass. */
export function lintDrill(linted: Linted): readonly Doubt[] {
  return lints.flatMap((lint) => lint(linted));
}
