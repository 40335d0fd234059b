import {access, constants, stat} from 'node:fs/promises';
import path from 'node:path';
import type {Plan} from '../../plan/plan.ts';
import {callsOf} from '../../plan/rights-needed.ts';
import type {Finding} from '../../report/finding.ts';

/** Whether each program that the drill starts is there: a target that is an argv begins with one. */
export async function examineCommands(
  plan: Plan,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly Finding[]> {
  const programs = callsOf(plan)
    .flatMap(({call}) => call.targets)
    .flatMap(({address}) => (typeof address === 'string' ? [] : address.slice(0, 1)));
  return Promise.all([...new Set(programs)].map((program) => examineProgram(program, plan.base, env)));
}

async function examineProgram(
  program: string,
  base: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Finding> {
  const isPath = program.includes('/') || program.includes(path.sep);
  const candidates = isPath
    ? [path.resolve(base, program)]
    : (env.PATH ?? '').split(path.delimiter).flatMap((folder) => namesIn(folder, program, env));
  for (const candidate of candidates) {
    if (await isProgram(candidate)) {
      return {state: 'ok', check: 'command', subject: program, message: candidate};
    }
  }
  const where = isPath ? `at \`${candidates[0]}\`` : 'on PATH';
  const message = `Expected a program \`${program}\` ${where}, found none that may be started. Install it, or correct the drill.`;
  return {state: 'fail', check: 'command', subject: program, message};
}

function namesIn(
  folder: string,
  program: string,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const endings = process.platform === 'win32' ? (env.PATHEXT ?? '.EXE').split(';') : [];
  return folder === '' ? [] : ['', ...endings].map((ending) => path.join(folder, `${program}${ending}`));
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
