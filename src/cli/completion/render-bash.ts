import type {DescribedCommand, DescribedProgram, Values} from './describe-program.ts';

/** A completion script for bash 3.2 and newer, so without maps, `mapfile` and `compopt` where it is missing. */
export function renderBash(program: DescribedProgram): string {
  const {name, commands} = program;
  const everywhere = {...program, name: '', arguments: []};
  return `# Completion of ${name} for bash. Made by \`${name} completion bash\`.

# What the value of an option is. $1 is the command, $2 the option.
_${name}_value() {
  case "$1 $2" in
${[everywhere, ...commands].flatMap(valueCases).join('\n')}
    *) return 1 ;;
  esac
}

# What stands behind a command. $1 is the command, $2 how many words stand there already.
_${name}_operand() {
  case "$1 $2" in
${commands.flatMap(operandCases).join('\n')}
    *) kind=anything ;;
  esac
}

_${name}_options() {
  case "$1" in
${[everywhere, ...commands].map(optionsCase).join('\n')}
  esac
}

_${name}() {
  local IFS=$' \\t\\n' cur="\${COMP_WORDS[COMP_CWORD]}" command='' operands=0 state_dir='' kind='' values='' i word
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if _${name}_value "$command" "$word"; then
      [ "\${COMP_WORDS[i + 1]}" = '=' ] && i=$((i + 1))
      i=$((i + 1))
      [ "$i" -ge "$COMP_CWORD" ] && break
      [ "$word" = --state-dir ] && state_dir="\${COMP_WORDS[i]/#\\~/$HOME}"
      kind=''
    elif [ "\${word:0:1}" != '-' ]; then
      if [ -z "$command" ]; then command="$word"; else operands=$((operands + 1)); fi
    fi
  done
  [ "$cur" = '=' ] && cur=''
  if [ -z "$kind" ]; then
    if [ "\${cur:0:1}" = '-' ]; then kind=words values="$(_${name}_options "$command")"
    elif [ -z "$command" ]; then kind=words values='${commands.map((command) => command.name).join(' ')}'
    else _${name}_operand "$command" "$operands"
    fi
  fi
  case "$kind" in
    words) COMPREPLY=($(compgen -W "$values" -- "$cur")) ;;
    files | folders)
      [ "$kind" = files ] && values=-f || values=-d
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$values" -- "$cur")
      compopt -o filenames 2> /dev/null
      ;;
    runs)
      # Not \`compgen -W\`, which would obey what it is given.
      while IFS= read -r word; do
        [ "\${word:0:\${#cur}}" = "$cur" ] && COMPREPLY+=("$word")
      done < <("\${COMP_WORDS[0]}" __complete runs \${state_dir:+--state-dir "$state_dir"} 2> /dev/null)
      ;;
  esac
  return 0
}

complete -F _${name} ${name}
`;
}

function valueCases({name, options}: DescribedCommand): readonly string[] {
  return options.flatMap(({flags, value}) =>
    value === undefined ? [] : [`    ${flags.map((flag) => `'${name} ${flag}'`).join(' | ')}) ${setKind(value)} ;;`],
  );
}

function operandCases({name, arguments: operands}: DescribedCommand): readonly string[] {
  return operands.map(
    ({values, isVariadic}, index) => `    ${isVariadic ? `'${name} '*` : `'${name} ${index}'`}) ${setKind(values)} ;;`,
  );
}

function optionsCase({name, options}: DescribedCommand): string {
  return `    '${name}') echo '${options.flatMap(({flags}) => flags).join(' ')}' ;;`;
}

function setKind(values: Values): string {
  return values.kind === 'words' ? `kind=words values='${values.words.join(' ')}'` : `kind=${values.kind}`;
}
