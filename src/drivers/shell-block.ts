import path from 'node:path';
import {quote, shellWord, type Unknown, unknownIn} from './shell-quote.ts';

/**
 * Lines as one compound command of a POSIX shell: it is read whole before any of it runs, so that no question eats the
 * lines that were pasted after it; it stops at the first failure, and changes nothing of the shell that it is pasted into.
 * What is not known in `values` is asked for.
 */
export function shellBlock(lines: readonly string[], values: readonly unknown[] = []): readonly string[] {
  const unknown = unknownIn(...values);
  return [
    ...unknown.map(
      ({reference}) => `# It asks for the value of ${reference}, as the drill has it, and does not show it.`,
    ),
    '(',
    ...['set -eu', ...unknown.map(askFor), ...lines].map((line) => `  ${line}`),
    ')',
  ];
}

/** Asked without an echo: it may be a secret, which is then in no history and on no command line. */
function askFor({variable, reference}: Unknown): string {
  return `printf %s '${reference} (not shown): ' >&2; stty -echo 2>/dev/null || :; IFS= read -r ${variable} || [ -n "$${variable}" ]; stty echo 2>/dev/null || :; echo >&2`;
}

/** Asks for a file that holds `what`, into a variable. */
export function askForFile(variable: string, what: string): string {
  return askForText(variable, `File that holds ${what}`);
}

/** Asks for something that is no secret, into a variable. */
export function askForText(variable: string, what: string): string {
  return `printf %s ${quote(`${what}: `)} >&2; IFS= read -r ${variable} || [ -n "$${variable}" ]`;
}

/**
 * Lines that deliver a secret to a file, as a run does: written beside it, for nobody else to read, and put in its place
 * whole. `write` are the lines between; what they write goes to `"$file.part"`.
 */
export function deliveryLines(file: unknown, base: string, write: readonly string[]): readonly string[] {
  return [
    `file=${fileWord(file, base)}`,
    '[ ! -d "$file" ] || { echo "$file is a folder: move it out of the way." >&2; exit 1; }',
    'umask 077',
    'rm -f "$file.part"; : > "$file.part"',
    `[ "$(id -u)" != 0 ] || [ ! -e "$file" ] || chown "$(ls -lLdn "$file" | awk '{print $3 ":" $4}')" "$file.part"`,
    ...write,
    'mv -f "$file.part" "$file"',
  ];
}

/** A path as the drill has it, from wherever the lines are typed. */
export function fileWord(file: unknown, base: string): string {
  return shellWord(typeof file === 'string' && unknownIn(file).length === 0 ? path.resolve(base, file) : file);
}
