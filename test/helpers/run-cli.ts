import {spawn} from 'node:child_process';
import path from 'node:path';
import {inject} from 'vitest';

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
    env: {...programEnvironment(), ...options.env},
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
  return runShell(`'${process.execPath}' '${programFile('offdrill')}' ${quoted.join(' ')}`);
}

export const projectFolder = new URL('../../', import.meta.url).pathname;
/** What the lab's own command line for drills starts. */
export const mainFile = new URL('../../src/cli/offdrill.ts', import.meta.url).pathname;

const sources = {
  offdrill: mainFile,
  killable: path.join(projectFolder, 'test/reliability/killable-main.ts'),
  'fake-run': path.join(projectFolder, 'test/reliability/fake-run.ts'),
};

/** A program that the tests start: bundled where the project has them so (`programs.ts`), else from the sources. */
export function programFile(name: keyof typeof sources): string {
  const folder = programsFolder();
  return folder === undefined ? sources[name] : path.join(folder, `${name}.js`);
}

/** This process's own, with which those programs are compiled once. */
export function programEnvironment(): NodeJS.ProcessEnv {
  const folder = programsFolder();
  return folder === undefined ? process.env : {NODE_COMPILE_CACHE: path.join(folder, 'compiled'), ...process.env};
}

function programsFolder(): string | undefined {
  return inject('programs');
}
