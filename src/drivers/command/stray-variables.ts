import type {PlannedPlaces, StrayVariable} from '../../contract/driver.ts';

/** `aws`, also behind another program and within the words of a shell. */
const aws = /(?:^|[\s/;&|(])aws(?:\s|$)/;

/** Where the AWS command line would be sent, or as whom. */
const variables = /^AWS_(?:ENDPOINT_URL(?:_\w+)?|PROFILE|DEFAULT_PROFILE|CONFIG_FILE|SHARED_CREDENTIALS_FILE)$/;

/**
 * What would lead the AWS command line elsewhere, where a command of the drill is one. It gets none of them, unless the
 * drill hands them over; whoever has one set takes another account for the one that the drill touches.
 */
export function strayVariables(
  set: Readonly<Record<string, string>>,
  {targets}: PlannedPlaces,
): readonly StrayVariable[] {
  const words = targets.flatMap(({address}) => (typeof address === 'string' ? [address] : address));
  if (!words.some((word) => aws.test(word))) return [];
  return Object.entries(set)
    .filter(([name, value]) => variables.test(name) && value !== '')
    .map(([name]) => ({name, expected: 'be unset, or to be named by the drill', found: 'another place'}));
}
