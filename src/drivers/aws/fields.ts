import * as z from 'zod';

export const secretField = z.string().min(1).max(2048).meta({description: 'The secret, by its name or its ARN'});

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
