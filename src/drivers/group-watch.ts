import type {ChildProcess} from 'node:child_process';
import {Socket} from 'node:net';

/** Process groups that must not outlive this process. */
const groups = new Set<number>();
let watcher: ChildProcess | undefined;

/** Called before a group is started: between that and its watch there is then no process to start, only a line to write. */
export function readyWatch(): void {
  watcher ??= startWatcher();
}

/**
 * From here on the group ends with this process, however that ends: by an exit, by a signal, even by SIGKILL, which leaves
 * nobody here to do it. Returns how to let it live on.
 */
export function watchGroup(pgid: number): () => void {
  if (groups.size === 0) process.on('exit', endAll);
  groups.add(pgid);
  if (watcher === undefined) watcher = startWatcher();
  else tell(watcher, `+ ${pgid}`);
  return () => {
    if (!groups.delete(pgid)) return;
    if (watcher !== undefined) tell(watcher, `- ${pgid}`);
    if (groups.size === 0) process.off('exit', endAll);
  };
}

export function signalGroup(pgid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pgid, signal);
  } catch {
    // The group is gone, which is what was wanted.
  }
}

function endAll(): void {
  for (const pgid of groups) signalGroup(pgid, 'SIGKILL');
}

/**
 * One for all commands, made with the first: a watcher a command would cost a process each. In a session of its own, where
 * no Ctrl-C and no hang-up of the terminal reaches it. It keeps neither us nor a folder.
 */
function startWatcher(): ChildProcess {
  const {spawn} = process.getBuiltinModule('node:child_process');
  const started = spawn('/bin/sh', ['-c', watchScript], {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Whatever ended it, the next command makes another, which is told of all.
  const forget = (): void => {
    if (watcher === started) watcher = undefined;
  };
  started.once('error', forget);
  started.once('exit', forget);
  started.stdin.on('error', forget);
  started.unref();
  if (started.stdin instanceof Socket) started.stdin.unref();
  for (const pgid of groups) tell(started, `+ ${pgid}`);
  return started;
}

/** Handed to the kernel before this returns: the next moment may be the last. */
function tell({stdin}: ChildProcess, line: string): void {
  stdin?.write(`${line}\n`);
}

/**
 * Reads which groups there are, and ends what is left when its input does: of that the kernel tells, whatever ended us. In
 * words that dash, bash and busybox share, each built in: nothing has to be found or started then.
 */
export const watchScript = `
trap '' HUP INT QUIT TERM
groups=' '
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -9 "-$group"; done
`;
