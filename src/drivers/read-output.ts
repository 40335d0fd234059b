import {Socket} from 'node:net';
import {StringDecoder} from 'node:string_decoder';
import {readyWatch, signalGroup, watchGroup} from './group-watch.ts';

type OutputRequest = {
  readonly argv: readonly string[];
  /** All that the process gets beside PATH. */
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly timeoutMs: number;
};

/**
 * Runs a process to its end, in a group of its own, and calls `each` with every line that it prints. Returns how it ended,
 * as it goes on after "and it", where that was not by an exit with 0; what it said on stderr is not read. Cut off by the
 * time limit, the signal or our own end, the whole group ends with it.
 */
export async function readOutput(
  {argv, env, folder, timeoutMs}: OutputRequest,
  each: (line: string) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (signal.aborted) return 'was not started any more';
  const [program = '', ...words] = argv;
  const {spawn} = process.getBuiltinModule('node:child_process');
  readyWatch();
  const child = spawn(program, words, {
    cwd: folder,
    env: {PATH: process.env.PATH ?? '', ...env},
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const {promise, resolve} = Promise.withResolvers<string | undefined>();
  child.once('error', (error: NodeJS.ErrnoException) => resolve(`could not be started (${error.code ?? error.name})`));
  const {pid} = child;
  if (pid === undefined) return promise;
  const letLive = watchGroup(pid);
  const lines = linesOf(each);
  child.stdout.on('data', lines.add);
  // Its own end, and that of what it wrote.
  child.once('close', (code, endedBy) => {
    lines.end();
    resolve(code === 0 ? undefined : code === null ? `was ended by ${endedBy}` : `ended with ${code}`);
  });
  const cutOff = (how: string): void => {
    signalGroup(pid, 'SIGKILL');
    child.stdout.removeAllListeners('data');
    if (child.stdout instanceof Socket) child.stdout.destroy();
    resolve(how);
  };
  const onAbort = (): void => cutOff('was ended before it was done');
  const timer = setTimeout(() => cutOff(`did not end within ${timeoutMs} ms`), timeoutMs);
  signal.addEventListener('abort', onAbort, {once: true});
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    letLive();
  });
}

function linesOf(each: (line: string) => void): {add(piece: Buffer): void; end(): void} {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return {
    add: (piece) => {
      const lines = (rest + decoder.write(piece)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') each(line);
    },
    end: () => {
      if (rest !== '') each(rest);
    },
  };
}
