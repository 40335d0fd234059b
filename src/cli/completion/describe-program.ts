import type {Argument, Command, Option} from 'commander';

/** What may stand in one place: certain words, a path, the name of a run, or anything at all. */
export type Values =
  | {readonly kind: 'words'; readonly words: readonly string[]}
  | {readonly kind: 'files' | 'folders' | 'runs' | 'anything'};

export type DescribedOption = {
  /** `-f`, `--format`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Undefined where it takes none. */
  readonly value: Values | undefined;
  readonly isRepeatable: boolean;
};

export type DescribedArgument = {readonly name: string; readonly values: Values; readonly isVariadic: boolean};

export type DescribedCommand = {
  readonly name: string;
  readonly description: string;
  readonly options: readonly DescribedOption[];
  readonly arguments: readonly DescribedArgument[];
};

/** The command line as shells need it: `name` and `options` of the program, and each command that is no secret. */
export type DescribedProgram = Omit<DescribedCommand, 'arguments'> & {readonly commands: readonly DescribedCommand[]};

/** Read from the program itself, so that whatever is added to it is completed too. */
export function describeProgram(program: Command): DescribedProgram {
  const help = program.createHelp();
  const visible = help.visibleCommands(program);
  const names = visible.map((command) => command.name());
  const describe = (command: Command): DescribedCommand => ({
    name: command.name(),
    description: command.description(),
    options: help.visibleOptions(command).map(describeOption),
    arguments: command.registeredArguments.map((argument) => describeArgument(argument, names)),
  });
  return {...describe(program), commands: visible.map(describe)};
}

function describeOption(option: Option): DescribedOption {
  const takesValue = option.required || option.optional;
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined),
    description: option.description,
    value: takesValue ? valuesOf(placeholderOf(option.flags), option.argChoices) : undefined,
    isRepeatable: isRepeatable(option),
  };
}

/** What is collected has a parser, and nothing to fall back on. */
function isRepeatable({variadic, parseArg, argChoices, defaultValue}: Option): boolean {
  return variadic || (parseArg !== undefined && argChoices === undefined && defaultValue === undefined);
}

function describeArgument(argument: Argument, commands: readonly string[]): DescribedArgument {
  const choices = argument.name() === 'command' ? commands : argument.argChoices;
  return {name: argument.name(), values: valuesOf(argument.name(), choices), isVariadic: argument.variadic};
}

function placeholderOf(flags: string): string {
  return /[<[]([^\]>]+)[\]>]/.exec(flags)?.[1] ?? '';
}

/** The placeholder is what people read in the help, `<file>`, so it is what a shell goes by too. */
function valuesOf(placeholder: string, choices: readonly string[] | undefined): Values {
  if (choices !== undefined) return {kind: 'words', words: choices};
  if (placeholder === 'file' || placeholder === 'files') return {kind: 'files'};
  if (placeholder === 'folder') return {kind: 'folders'};
  return {kind: placeholder === 'run' ? 'runs' : 'anything'};
}
