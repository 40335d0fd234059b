import {existsSync} from 'node:fs';
import {DriverError} from '../../contract/driver-error.ts';
import {renderDuration} from '../../util/duration.ts';
import type {ProcessEnd, ProcessRequest} from './client.ts';
import {lastWords} from './last-words.ts';

/** How an end of a process is an error; undefined where it ended with 0. */
export function failureOf(request: ProcessRequest, end: ProcessEnd): DriverError | undefined {
  const {argv, timeoutMs} = request;
  const what = argv.slice(0, 2).join(' ');
  switch (end.kind) {
    case 'exited':
      if (end.exitCode === 0) return undefined;
      return new DriverError(
        `Expected \`${what}\` to end with 0, got exit code ${end.exitCode}. ${lastWords(end.stderr)}`,
        {code: 'failed', detail: `exit-${end.exitCode}`},
      );
    case 'signalled':
      return new DriverError(`Expected \`${what}\` to end with 0, got ${end.signal}. ${lastWords(end.stderr)}`, {
        code: 'failed',
        detail: end.signal,
      });
    case 'timed-out':
      return new DriverError(
        `Expected \`${what}\` to end within ${renderDuration(timeoutMs)}; it was ended. What it did so far may stand. Look, or give it a longer \`timeout\`.`,
        {code: 'timeout'},
      );
    case 'aborted':
      return new DriverError(`\`${what}\` was ended before it was done. What it did so far may stand.`, {
        code: 'failed',
        detail: 'aborted',
      });
    case 'not-started':
      return notStarted(request, end.errno);
  }
}

function notStarted({argv, folder}: ProcessRequest, errno: string): DriverError {
  const [program = ''] = argv;
  if (!existsSync(folder)) {
    return new DriverError(`Expected the folder \`${folder}\` to run \`${program}\` in, found none. Check \`cwd\`.`, {
      code: 'not-found',
      detail: errno,
    });
  }
  return errno === 'ENOENT'
    ? new DriverError(`Found no program \`${program}\`. Check \`argv\`, and that it is on the PATH.`, {
        code: 'not-found',
        detail: errno,
      })
    : new DriverError(`Expected to start \`${program}\`, got ${errno}. Check that it may be executed.`, {
        code: 'failed',
        detail: errno,
      });
}
