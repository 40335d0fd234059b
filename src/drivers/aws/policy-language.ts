import * as z from 'zod';
import type {PolicyLanguage} from '../../contract/driver.ts';
import {mergeRights} from '../merge-rights.ts';
import {ownRights} from './own-rights.ts';
import {regionField} from './place.ts';
import {resourceArn} from './resource-arn.ts';

/** JSON of IAM, for the role that the run takes. It has no place for remarks. */
export const policyLanguage: PolicyLanguage = {
  complete: (needs, input) => mergeRights([...needs, ...ownRights(input)]),
  // The account is whosever the policy is in; AWS puts six characters behind the name of a secret.
  render: (needs, input) => {
    const {region} = z.looseObject({region: regionField.catch('*')}).parse(input);
    const Statement = needs.map(({path, capabilities}) => ({
      Effect: 'Allow',
      Action: capabilities,
      Resource: resourceArn(path, {region, account: '*', suffix: '??????'}),
    }));
    return `${JSON.stringify({Version: '2012-10-17', Statement}, null, 2)}\n`;
  },
};
