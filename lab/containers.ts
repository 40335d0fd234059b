import {execFile} from 'node:child_process';
import {promisify} from 'node:util';

const run = promisify(execFile);

/** Ends a container of the lab, which can be started again. Safe when it has ended. */
export async function stopContainer(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (!(await isContainerUp(name))) return;
  try {
    await docker('kill', `--signal=${signal}`, name);
  } catch (error) {
    // It may have ended by itself just then.
    if (await isContainerUp(name)) throw error;
  }
  await docker('wait', name);
}

/** Starts one that was stopped; the caller waits for what it serves. Nothing happens when it runs. */
export async function startContainer(name: string): Promise<void> {
  await docker('start', name);
}

/** With its data. Safe when it is gone. */
export async function removeContainer(name: string): Promise<void> {
  await docker('rm', '--force', '--volumes', name);
}

export async function isContainerUp(name: string): Promise<boolean> {
  return (await docker('inspect', '--format={{.State.Running}}', name)) === 'true';
}

async function docker(...args: readonly string[]): Promise<string> {
  try {
    return (await run('docker', args)).stdout.trim();
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new Error(`Expected \`docker ${args.join(' ')}\` to work, and it did not. ${said}`.trim());
  }
}
