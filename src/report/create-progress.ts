import {createLineProgress} from './line-progress.ts';
import {createLiveView} from './live-view.ts';
import type {Progress, ProgressOptions} from './progress.ts';

/** A live table on a terminal; one line for each change where there is none, in CI and on a dumb terminal. */
export function createProgress(options: ProgressOptions): Progress {
  const {stream, env} = options;
  const canRepaint = stream.isTTY === true && env.TERM !== 'dumb' && (env.CI ?? '') === '';
  return canRepaint ? createLiveView(options) : createLineProgress(options);
}
