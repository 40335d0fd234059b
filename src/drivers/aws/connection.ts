import * as z from 'zod';
import type {Connection} from '../../contract/driver.ts';
import {durationField} from '../../contract/fields.ts';
import {credentialsField, parseCredentials} from './credentials.ts';
import {roleArnField} from './fields.ts';
import {endpointField, regionField, renderPlace} from './place.ts';
import {AwsSession} from './session.ts';

const input = z.strictObject({
  region: regionField,
  endpoint: endpointField.optional(),
  credentials: credentialsField.meta({
    description: 'The operator’s credentials, from `secrets`: the text of a credentials file with one profile',
  }),
  role: roleArnField.optional().meta({
    description:
      'The role that the run takes, as a session named `offdrill-<run>`; without it the run works as the operator, and is not told from them in CloudTrail',
  }),
  timeout: durationField.prefault('5s').meta({description: 'Bounds each call'}),
});

export const connection: Connection<z.infer<typeof input>, AwsSession> = {
  description: 'One account of AWS in one region, or an emulator of it.',
  input,
  targets: (place) => [{kind: 'aws', address: renderPlace(place)}],
  open: async ({region, endpoint, credentials, role, timeout}, ctx) =>
    new AwsSession(
      {region, endpoint},
      parseCredentials(credentials, ctx.redactor),
      {...(role === undefined ? {} : {role}), timeoutMs: timeout},
      ctx,
    ),
};
