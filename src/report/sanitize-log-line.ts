import {sanitizeLine} from '../util/sanitize.ts';

/** One line for the log of a build, where `##[…]` and `##name[…]` anywhere in it are commands to the CI system. */
export function sanitizeLogLine(text: string): string {
  return sanitizeLine(text).replace(/##(?=\w*\[)/g, '#\\u{23}');
}
