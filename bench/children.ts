import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import path from 'node:path';

/** Runs one of the scripts of this folder to its first message, in a process of its own. */
export async function askChild(
  script: string,
  args: readonly string[] = [],
  execArgv: readonly string[] = [],
): Promise<{readonly message: unknown; readonly child: ChildProcess}> {
  const child = fork(path.join(import.meta.dirname, script), args, {execArgv: [...execArgv]});
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`Expected \`${script}\` to tell what it found, but it ended with ${code}.`);
  });
  const [message] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => undefined);
  return {message, child};
}

export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  if (child.connected) child.disconnect();
  await ended;
}

/** What a script finds out, once. */
export async function readChild(
  script: string,
  args: readonly string[],
  execArgv: readonly string[] = [],
): Promise<unknown> {
  const {message, child} = await askChild(script, args, execArgv);
  await endChild(child);
  return message;
}
