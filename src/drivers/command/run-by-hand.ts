import path from 'node:path';
import {shellBlock} from '../shell-block.ts';
import {shellWord, unknownIn} from '../shell-quote.ts';

/**
 * The program as a run starts it: in its folder, with no input, and in an environment of PATH and the declared variables
 * alone, so that no credential of the person's gets to it. What a declared variable is to hold and is not known goes there
 * by a pipe, since the words of a process are seen by all.
 */
export function runByHand(
  given: {readonly argv: unknown; readonly env?: unknown; readonly cwd: unknown},
  base: string,
): readonly string[] {
  const argv = Array.isArray(given.argv) ? given.argv : [given.argv];
  const env = Object.entries(typeof given.env === 'object' && given.env !== null ? given.env : {});
  const asked = env.filter(([, value]) => unknownIn(value).length > 0);
  const known = env.filter(([, value]) => unknownIn(value).length === 0);
  const words = argv.map(shellWord).join(' ');
  const clean = ['env -i PATH="$PATH"', ...known.map(([name, value]) => shellWord(`${name}=${value}`))].join(' ');
  const folder = typeof given.cwd === 'string' ? path.resolve(base, given.cwd) : base;
  return shellBlock(
    [
      `cd ${shellWord(folder)}`,
      asked.length === 0 ? `${clean} ${words} < /dev/null` : `${piped(asked)} | ${clean} ${reader(asked)} ${words}`,
      'echo "Done: it ended with exit code 0."',
    ],
    [argv, given.env, folder],
  );
}

function piped(asked: readonly (readonly [string, unknown])[]): string {
  return `printf '%s\\n' ${asked.map(([, value]) => shellWord(value)).join(' ')}`;
}

/** Takes each value from a line of its input, and starts the program in its own place. */
function reader(asked: readonly (readonly [string, unknown])[]): string {
  const reads = asked.map(([name]) => `IFS= read -r ${name}; export ${name};`).join(' ');
  return `sh -c '${reads} exec "$@" < /dev/null' sh`;
}
