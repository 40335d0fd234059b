import {createInterface} from 'node:readline/promises';
import {sanitize} from '../util/sanitize.ts';
import {complain, say} from './output.ts';

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

/** Who may be asked to do something by hand; undefined where there is no terminal. */
export function personAtTerminal(): AskPerson | undefined {
  return process.stdin.isTTY && process.stderr.isTTY ? askPerson : undefined;
}

type AskPerson = (instruction: string, signal: AbortSignal) => Promise<string>;

/** Until a name is typed. Ctrl-C reaches the run, whoever reads the terminal. */
async function askPerson(instruction: string, signal: AbortSignal): Promise<string> {
  const terminal = createInterface({input: process.stdin, output: process.stderr});
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    say(`\nBY HAND: ${sanitize(instruction)}`);
    for (;;) {
      const name = (await terminal.question('Type your name when it is done: ', {signal})).trim();
      if (name !== '') return name.slice(0, longestName);
    }
  } finally {
    terminal.close();
  }
}

const longestName = 200;
