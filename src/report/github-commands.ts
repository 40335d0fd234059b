import {sanitizeLine} from '../util/sanitize.ts';

type Properties = Readonly<Record<string, string>>;

/** One workflow command, on a line of its own. Each line of the message is one; nothing in it can begin another command. */
export function githubCommand(name: string, properties: Properties, message: readonly string[]): string {
  const given = Object.entries(properties)
    .map(([key, value]) => `${key}=${escapeProperty(sanitizeLine(value))}`)
    .join(',');
  return `::${name}${given === '' ? '' : ` ${given}`}::${message.map(sanitizeLine).map(escapeMessage).join('%0A')}\n`;
}

/** Text that the runner prints and does not obey, up to the word that only this run knows. */
export function withoutCommands(text: string, word: string): string {
  return `::stop-commands::${word}\n${text.endsWith('\n') ? text : `${text}\n`}::${word}::\n`;
}

/** Line ends are made visible before, or stand between lines as `%0A`. */
function escapeMessage(line: string): string {
  return line.replaceAll('%', '%25');
}

function escapeProperty(value: string): string {
  return escapeMessage(value).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
