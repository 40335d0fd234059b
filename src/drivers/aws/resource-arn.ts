/** What a need names, as AWS writes it: `secretsmanager/orders/key`, `iam/user/orders`, `*`. What only the run will know is anything. */
export function resourceArn(
  path: string,
  {region, account, suffix}: {readonly region: string; readonly account: string; readonly suffix: string},
): string {
  if (path === '*') return path;
  const [service, ...rest] = path.replaceAll(/\$\{\{.*?\}\}/g, '*').split('/');
  const name = rest.join('/');
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  if (service === 'lambda') return `arn:${partition}:lambda:${region}:${account}:function:${name}`;
  return service === 'secretsmanager'
    ? `arn:${partition}:secretsmanager:${region}:${account}:secret:${name}-${suffix}`
    : `arn:${partition}:iam::${account}:${name}`;
}
