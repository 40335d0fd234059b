import type {Advice, Doubt, Linted} from './doubt.ts';
import {lintCaches} from './lint-caches.ts';
import {lintCaptures} from './lint-captures.ts';
import {lintControls} from './lint-controls.ts';
import {lintDependents} from './lint-dependents.ts';
import {lintSecrets} from './lint-secrets.ts';
import {lintSessions} from './lint-sessions.ts';
import {lintUnreachable} from './lint-unreachable.ts';

const lints: readonly ((linted: Linted) => readonly (Doubt | Advice)[])[] = [
  lintUnreachable,
  lintControls,
  lintCaptures,
  lintSecrets,
  lintSessions,
  lintCaches,
  lintDependents,
];

/** What a drill can't prove as it stands. Only what is certain: a drill that draws a doubt can't pass. Advice is beside it. */
export function lintDrill(linted: Linted): readonly (Doubt | Advice)[] {
  return lints.flatMap((lint) => lint(linted));
}
