import {createGithubProgress} from './github-progress.ts';
import {createLineProgress} from './line-progress.ts';
import {createLiveView} from './live-view.ts';
import type {Progress, ProgressOptions} from './progress.ts';

/** `live`: a table that is repainted. `line`: one line for each change. `github`: the same, as GitHub's log and annotations want it. */
export type Reporter = 'live' | 'line' | 'github';

/** The one to use where none is asked for: a live table where it can be seen, lines in CI, in a pipe and on a dumb terminal. */
export function chooseReporter({stream, env}: Pick<ProgressOptions, 'stream' | 'env'>): Reporter {
  if (canRepaint({stream, env}) && (env.CI ?? '') === '') return 'live';
  return env.GITHUB_ACTIONS === 'true' ? 'github' : 'line';
}

/** Whether the cursor can be moved there at all. */
export function canRepaint({stream, env}: Pick<ProgressOptions, 'stream' | 'env'>): boolean {
  return stream.isTTY === true && env.TERM !== 'dumb';
}

const create = {live: createLiveView, line: createLineProgress, github: createGithubProgress} satisfies Record<
  Reporter,
  (options: ProgressOptions) => Progress
>;

export function createProgress(options: ProgressOptions & {readonly reporter: Reporter}): Progress {
  return create[options.reporter](options);
}
