import {sanitizeLine} from '../util/sanitize.ts';
import {wrap} from './layout.ts';

/** Before each command, and more than before what is told in words. Pasted with it, it does no harm. */
const indent = '       ';

/**
 * What is left to do by hand, numbered. The first line of a step is told in words, and broken where a width is given; the
 * others are commands, which nothing breaks or cuts.
 */
export function renderLeftSteps(left: readonly string[], width = Number.POSITIVE_INFINITY): readonly string[] {
  return left.flatMap((step, index) => {
    const [told = '', ...commands] = indentCommands(step);
    return [...wrap(told, width, `  ${index + 1}. `), ...commands.map(sanitizeLine)];
  });
}

/** The lines of one step, those that are commands set in. */
export function indentCommands(step: string): readonly string[] {
  const [told = '', ...commands] = step.split('\n');
  return [told, ...commands.map((command) => `${indent}${command}`)];
}

/** Whether a line of a progress is such a command, and has to stand alone in its line. What a build would obey never does. */
export function isCommand(line: string): boolean {
  return line.startsWith(indent) && !/^\s*(?:::|##)/.test(line);
}
