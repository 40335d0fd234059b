import type {DescribedCommand, DescribedOption, DescribedProgram, Values} from './describe-program.ts';

/** A completion script for fish 3 and newer. */
export function renderFish(program: DescribedProgram): string {
  const {name, commands} = program;
  const all = [program, ...commands].flatMap(({options}) => options);
  const withValue = new Set(all.filter(({value}) => value !== undefined).flatMap(({flags}) => flags));
  return `# Completion of ${name} for fish. Made by \`${name} completion fish\`.

# The command that stands in the line, if any.
function __${name}_command
    set -l skip 0
    for word in (commandline -opc)[2..]
        if test $skip -eq 1
            set skip 0
        else if contains -- $word ${[...withValue].join(' ')}
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
            return 0
        end
    end
    return 1
end

function __${name}_in
    test (__${name}_command; or echo '') = "$argv[1]"
end

function __${name}_runs
    set -l words (commandline -opc)
    set -l at (contains -i -- --state-dir $words)
    if test -n "$at"
        $words[1] __complete runs --state-dir $words[(math $at + 1)] 2>/dev/null
    else
        $words[1] __complete runs 2>/dev/null
    end
end

complete -c ${name} -f
${commands.map((command) => `complete -c ${name} -n 'not __${name}_command' -a ${command.name} -d ${quote(command.description)}`).join('\n')}
${program.options.map((option) => renderOption(name, `'not __${name}_command'`, option)).join('\n')}

${commands.map((command) => renderCommand(name, command)).join('\n\n')}
`;
}

function renderCommand(program: string, command: DescribedCommand): string {
  const condition = `'__${program}_in ${command.name}'`;
  return [
    ...command.options.map((option) => renderOption(program, condition, option)),
    ...command.arguments.flatMap(({values}) => {
      const offered = offer(values, program);
      return offered === '' ? [] : [`complete -c ${program} -n ${condition} ${offered}`];
    }),
  ].join('\n');
}

function renderOption(program: string, condition: string, {flags, description, value}: DescribedOption): string {
  const named = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const taken = value === undefined ? [] : [value.kind === 'files' ? '-r' : '-x', offer(value, program)];
  return `complete -c ${program} -n ${condition} ${[...named, ...taken].filter((part) => part !== '').join(' ')} -d ${quote(description)}`;
}

function offer(values: Values, program: string): string {
  if (values.kind === 'words') return `-a ${quote(values.words.join(' '))}`;
  if (values.kind === 'files') return '-F';
  if (values.kind === 'folders') return "-a '(__fish_complete_directories)'";
  return values.kind === 'runs' ? `-a '(__${program}_runs)'` : '';
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
