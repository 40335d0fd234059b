import path from 'node:path';
import type {PlannedPlaces, StrayVariable} from '../../contract/driver.ts';

/** Where a shell expects a program, `aws`. */
const inShell = /(?:^|[;&|(`'"\n])\s*(?:\w+=\S*\s+)*(?:\S*\/)?aws(?:\s|$)/;

/** Where the AWS command line would be sent, or as whom. */
const variables =
  /^AWS_(?:ENDPOINT_URL(?:_\w+)?|(?:DEFAULT_)?PROFILE|CONFIG_FILE|SHARED_CREDENTIALS_FILE|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|ROLE_ARN|WEB_IDENTITY_TOKEN_FILE)$/;

/**
 * What would lead the AWS command line elsewhere, where a command of the drill is one. It gets none of them, unless the
 * drill hands them over; whoever has one set takes another account for the one that the drill touches.
 */
export function strayVariables(
  set: Readonly<Record<string, string>>,
  {targets}: PlannedPlaces,
): readonly StrayVariable[] {
  if (!targets.some(({address}) => typeof address !== 'string' && startsAws(address))) return [];
  return Object.entries(set)
    .filter(([name, value]) => variables.test(name) && value !== '')
    .map(([name]) => ({name, expected: 'be unset, or to be named by the drill', found: 'another place'}));
}

/** Itself, behind `env` and its variables, or within the words of a shell. */
function startsAws(argv: readonly string[]): boolean {
  const words = path.basename(argv[0] ?? '') === 'env' ? argv.slice(1) : argv;
  const program = words.find((word) => !/^\w+=/.test(word)) ?? '';
  const isShell = /^(?:ba|da|k|z|fi)?sh$/.test(path.basename(program));
  return path.basename(program) === 'aws' || (isShell && words.some((word) => inShell.test(word)));
}
