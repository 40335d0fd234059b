import {askForFile} from '../shell-block.ts';
import {printfWord, shellWord, unknownIn} from '../shell-quote.ts';
import {digestOf} from './policy.ts';

/** Puts rules back where those of the drill stand, as the action does; where its own are not known, from a file that is asked for. */
export function restorePolicyLines(given: {
  readonly policy: string;
  readonly rules: string | undefined;
  readonly sha256: string | undefined;
  readonly onlyIf: string;
}): readonly string[] {
  const {policy, onlyIf} = given;
  const name = shellWord(policy);
  const rules = wholeRules(given);
  const wanted = rules === undefined ? given.sha256 : digestOf(rules);
  const digest = `$(printf %s "$(vault policy read ${name})" | sha)`;
  const write =
    rules === undefined
      ? [askForFile('rules', `the rules that policy ${policy} had`), `vault policy write ${name} "$rules"`]
      : [
          "printf '%b\\n' \\",
          ...rules.split('\n').map((line) => `  ${printfWord(line)} \\`),
          `  | vault policy write ${name} -`,
        ];
  return [
    "sha() { { sha256sum 2>/dev/null || shasum -a 256; } | cut -d ' ' -f 1; }",
    `now=$(vault policy read ${name})`,
    'found=$(printf %s "$now" | sha)',
    `[ "$found" = ${shellWord(onlyIf)} ]${wanted === undefined ? '' : ` || [ "$found" = ${shellWord(wanted)} ]`} || {`,
    '  echo "Somebody has changed the policy meanwhile: look at it, and put right what it should say." >&2; exit 1',
    '}',
    ...write,
    ...(wanted === undefined ? [`vault policy read ${name}`] : [`[ "${digest}" = ${shellWord(wanted)} ]`]),
    'echo "Done: the policy has its rules back."',
  ];
}

/** Undefined where they are not known, or were cut or redacted on their way. */
function wholeRules({
  rules,
  sha256,
}: {
  readonly rules: string | undefined;
  readonly sha256: string | undefined;
}): string | undefined {
  if (rules === undefined || unknownIn(rules).length > 0) return undefined;
  const trimmed = rules.trim();
  return sha256 === undefined || unknownIn(sha256).length > 0 || digestOf(rules) === sha256 ? trimmed : undefined;
}
