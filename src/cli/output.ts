import {styleText} from 'node:util';
import {sanitize, sanitizeJson} from '../util/sanitize.ts';

/** Results and documents. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** A document for scripts. Shown on a terminal, it is no danger either. */
export function printJson(value: unknown): void {
  print(sanitizeJson(JSON.stringify(value, null, 2)));
}

/** Everything that is not the result: progress, questions, problems. */
export function say(text: string): void {
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function complain(message: string): void {
  say(sanitize(`offdrill: ${message}`));
}

/** Colour where the stream is a terminal that takes it, by NO_COLOR, FORCE_COLOR and TERM as Node reads them. */
export function takesColor(stream: NodeJS.WriteStream, options: {readonly color: boolean}): boolean {
  return options.color && styleText('red', 'x', {stream}) !== 'x';
}
