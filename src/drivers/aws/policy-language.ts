import * as z from 'zod';
import type {PolicyLanguage} from '../../contract/driver.ts';
import {mergeRights} from '../merge-rights.ts';
import {regionField} from './place.ts';

/** JSON of IAM, for the role that the run takes. It has no place for remarks. */
export const policyLanguage: PolicyLanguage = {
  complete: mergeRights,
  render: (needs, input) => {
    const {region} = z.looseObject({region: regionField.catch('*')}).parse(input);
    const Statement = needs.map(({path, capabilities}) => ({
      Effect: 'Allow',
      Action: capabilities,
      Resource: resourceOf(path, region),
    }));
    return `${JSON.stringify({Version: '2012-10-17', Statement}, null, 2)}\n`;
  },
};

/** The account is whosever the policy is in; AWS puts six characters behind the name of a secret. What only the run will know is anything. */
function resourceOf(path: string, region: string): string {
  if (path === '*') return path;
  const [service, ...rest] = path.replaceAll(/\$\{\{.*?\}\}/g, '*').split('/');
  const name = rest.join('/');
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  if (service === 'lambda') return `arn:${partition}:lambda:${region}:*:function:${name}`;
  return service === 'secretsmanager'
    ? `arn:${partition}:secretsmanager:${region}:*:secret:${name}-??????`
    : `arn:${partition}:iam::*:${name}`;
}
