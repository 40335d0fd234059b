import {sanitize} from '../../util/sanitize.ts';

const maxLength = 200;

/** The last line of what a process wrote, made safe to show. Cut by whole words only: the redactor would not know half a secret. */
export function lastWords(stderr: string): string {
  const line = sanitize(stderr)
    .split('\n')
    .map((text) => text.replace(/\\u\{d\}$/, '').trim())
    .findLast((text) => text !== '');
  if (line === undefined) return 'It wrote no error; run it by hand to see more.';
  return `Its last words: ${line.length <= maxLength ? line : `${wholeWords(line)}…`}`;
}

function wholeWords(line: string): string {
  return line.slice(0, line.lastIndexOf(' ', maxLength) + 1).trimEnd();
}
