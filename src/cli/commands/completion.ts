import type {Command} from 'commander';
import {describeProgram} from '../completion/describe-program.ts';
import {renderBash} from '../completion/render-bash.ts';
import {renderFish} from '../completion/render-fish.ts';
import {renderZsh} from '../completion/render-zsh.ts';
import {print} from '../output.ts';

const render = {bash: renderBash, zsh: renderZsh, fish: renderFish} as const;

/** Prints a script for one shell. */
export function completionCommand(shell: keyof typeof render, program: Command): number {
  print(render[shell](describeProgram(program)));
  return 0;
}
