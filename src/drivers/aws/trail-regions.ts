/**
 * Where CloudTrail keeps what is done from here: the region itself, first, and the one of its partition in which IAM and the
 * global endpoint of STS are recorded.
 */
export function trailRegions(region: string): readonly string[] {
  const global = globals.find(({prefix}) => region.startsWith(prefix))?.region ?? 'us-east-1';
  return region === global ? [region] : [region, global];
}

const globals = [
  {prefix: 'cn-', region: 'cn-north-1'},
  {prefix: 'us-gov-', region: 'us-gov-west-1'},
];
