import * as z from 'zod';

/** No ARN: one may name another account, or another region, than the guard allows. */
export const secretField = z
  .string()
  .regex(
    /^(?!arn:)[\w/+=.@-]{1,512}$/,
    'Expected the name of a secret, not its ARN: it is looked for in the account and region of the connection.',
  )
  .meta({description: 'The secret, by its name'});

/** Always said: without it, IAM takes the caller’s own user. */
export const userField = z
  .string()
  .regex(/^[\w+=,.@-]{1,64}$/, 'Expected the name of an IAM user.')
  .meta({description: 'The name of the IAM user'});

export const roleField = z
  .string()
  .regex(/^[\w+=,.@-]{1,64}$/, 'Expected the name of an IAM role, not its ARN.')
  .meta({description: 'The name of the IAM role'});

export const roleArnField = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/,
    'Expected the ARN of a role, such as `arn:aws:iam::123456789012:role/name`.',
  )
  .meta({description: 'The ARN of the role'});

export const policyArnField = z
  .string()
  .regex(/^arn:aws[a-z-]*:iam::(?:aws|\d{12}):policy\/[\w+=,.@/-]+$/, 'Expected the ARN of a managed policy.')
  .meta({description: 'The ARN of the managed policy'});
