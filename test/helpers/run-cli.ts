import {spawn} from 'node:child_process';

export type CliRun = {readonly exitCode: number | null; readonly stdout: string; readonly stderr: string};

/** Runs a shell command to its end, as a person would type it, with nothing on stdin. */
export async function runShell(
  command: string,
  options: {
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    /** As a terminal does it: the command and its children can be signalled as the group `-pid`. */
    readonly ownGroup?: boolean;
    readonly onLine?: (line: string, pid: number) => void;
  } = {},
): Promise<CliRun> {
  const child = spawn('sh', ['-c', `exec env ${command}`], {
    cwd: options.cwd,
    detached: options.ownGroup ?? false,
    env: {...process.env, ...options.env},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const line of text.split('\n')) options.onLine?.(line, child.pid ?? 0);
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return {exitCode, stdout, stderr};
}

/** The project's own command line, without a lab. */
export function offdrill(...args: readonly string[]): Promise<CliRun> {
  const quoted = args.map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`);
  return runShell(`'${process.execPath}' '${mainFile}' ${quoted.join(' ')}`);
}

export const projectFolder = new URL('../../', import.meta.url).pathname;
export const mainFile = new URL('../../src/cli/main.ts', import.meta.url).pathname;
