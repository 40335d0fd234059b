/** Control and escape characters from outside must not reach a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are meant
const controls = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** One line, in which no character moves the cursor or changes a colour. */
export function sanitizeLine(text: string): string {
  return text.replace(controls, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`);
}

/** The same for the log of a build, where `##[…]` and `##name[…]` anywhere in a line are commands to the CI system. */
export function sanitizeLogLine(text: string): string {
  return sanitizeLine(text).replace(/##(?=\w*\[)/g, '#\\u{23}');
}
