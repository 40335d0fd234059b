import type {
  DescribedArgument,
  DescribedCommand,
  DescribedOption,
  DescribedProgram,
  Values,
} from './describe-program.ts';

/** A completion script for zsh: to be sourced, or as a file \`_offdrill\` in a folder of \`fpath\`. */
export function renderZsh(program: DescribedProgram): string {
  const {name, commands} = program;
  return `#compdef ${name}
# Completion of ${name} for zsh. Made by \`${name} completion zsh\`.

_${name}() {
  local program=$words[1] context state state_descr line
  local state_dir=\${words[\${words[(i)--state-dir]} + 1]}
  typeset -A opt_args
  _arguments -C \\
${program.options.map((option) => `    ${renderOption(option, name)} \\`).join('\n')}
    '1:command:_${name}_commands' \\
    '*:: :->command' && return 0
  case $words[1] in
${commands.map((command) => renderCommand(command, name)).join('\n')}
  esac
}

_${name}_commands() {
  local -a commands=(
${commands.map((command) => `    ${quote(`${command.name}:${command.description}`)}`).join('\n')}
  )
  _describe command commands
}

_${name}_runs() {
  local -a runs=(\${(f)"$(_call_program runs \${(q)program} __complete runs \${state_dir:+--state-dir=\${(q)state_dir}} 2> /dev/null)"})
  compadd -a runs
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}

function renderCommand(command: DescribedCommand, program: string): string {
  const specs = [
    ...command.options.map((option) => renderOption(option, program)),
    ...command.arguments.map((argument, index) => renderArgument(argument, index, program)),
  ];
  return `    ${command.name})\n      _arguments ${specs.join(' \\\n        ')} ;;`;
}

/** `--format=` and `-f+` take their value in the same word or in the next one. */
function renderOption({flags, description, value, isRepeatable}: DescribedOption, program: string): string {
  const told = `[${description.replace(/[[\]\\]/g, '\\$&')}]${value === undefined ? '' : `:value:${action(value, program)}`}`;
  const named = flags.map((flag) => (value === undefined ? flag : `${flag}${flag.startsWith('--') ? '=' : '+'}`));
  const excluded = isRepeatable ? '*' : flags.length > 1 ? `(${flags.join(' ')})` : '';
  const [only = ''] = named;
  return named.length > 1 ? `${quote(excluded)}{${named.join(',')}}${quote(told)}` : quote(`${excluded}${only}${told}`);
}

function renderArgument({name, values, isVariadic}: DescribedArgument, index: number, program: string): string {
  return quote(`${isVariadic ? '*' : index + 1}:${name}:${action(values, program)}`);
}

function action(values: Values, program: string): string {
  if (values.kind === 'words') return `(${values.words.join(' ')})`;
  if (values.kind === 'files') return '_files';
  if (values.kind === 'folders') return '_files -/';
  return values.kind === 'runs' ? `_${program}_runs` : ' ';
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
