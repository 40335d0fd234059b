import {createInterface} from 'node:readline/promises';
import {complain} from './output.ts';

/** Whether there is somebody to ask, or `--yes` says that nobody is to be asked. Where neither, that has been said. */
export function canConfirm({yes}: {readonly yes?: boolean}): boolean {
  if (yes === true || (process.stdin.isTTY && process.stderr.isTTY)) return true;
  complain(
    'Expected a terminal to ask for the name of the integration, and there is none. Pass --yes to run without being asked.',
  );
  return false;
}

/** Has the name of the integration typed. */
export async function confirm(what: string, integration: string): Promise<boolean> {
  const terminal = createInterface({input: process.stdin, output: process.stderr});
  try {
    const answer = await terminal.question(`${what} Type the name of the integration to go on: `);
    if (answer.trim() === integration) return true;
    complain(`Expected \`${integration}\`. Nothing was touched.`);
    return false;
  } finally {
    terminal.close();
  }
}
