import * as z from 'zod';

/** Of what a record says, names alone are read: no value that somebody sent or was given. */
const text = z.string().optional().catch(undefined);
const part = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .object(shape)
    .nullish()
    .catch(undefined)
    .transform((given) => given ?? undefined);

const recordSchema = z.object({
  eventTime: z.iso.datetime({offset: true}),
  eventSource: z.string().min(1),
  eventName: z.string().min(1),
  eventID: z.string().min(1),
  eventType: text,
  awsRegion: text,
  requestID: text,
  recipientAccountId: text,
  sourceIPAddress: text,
  userAgent: text,
  errorCode: text,
  readOnly: z.stringbool().or(z.boolean()).optional().catch(undefined),
  sessionCredentialFromConsole: z.stringbool().or(z.boolean()).optional().catch(undefined),
  userIdentity: part({
    type: text,
    arn: text,
    accountId: text,
    accessKeyId: text,
    userName: text,
    invokedBy: text,
    sessionContext: part({sessionIssuer: part({type: text, userName: text, arn: text, accountId: text})}),
  }),
  requestParameters: part({
    secretId: text,
    name: text,
    userName: text,
    roleName: text,
    groupName: text,
    policyArn: text,
    roleArn: text,
  }),
  responseElements: part({
    name: text,
    arn: text,
    aRN: text,
    ConsoleLogin: text,
    credentials: part({accessKeyId: text}),
    accessKey: part({userName: text}),
  }),
  additionalEventData: part({SecretId: text}),
});

/** One record of CloudTrail, as far as it is used. */
export type TrailRecord = z.infer<typeof recordSchema>;

/** Undefined where it is none, or one of which nobody could tell what was done, and when. */
export function readRecord(value: unknown): TrailRecord | undefined {
  return recordSchema.safeParse(value).data;
}

/** As LookupEvents gives it: a record in a string. */
export function parseRecord(json: string | undefined): TrailRecord | undefined {
  try {
    return readRecord(JSON.parse(json ?? ''));
  } catch {
    return undefined;
  }
}

/** `iam` of `iam.amazonaws.com`. */
export function serviceOf({eventSource}: TrailRecord): string {
  return eventSource.split('.')[0] ?? '';
}

/** The access key of a session that was handed out. */
export function handedOut(record: TrailRecord): string | undefined {
  return serviceOf(record) === 'sts' ? record.responseElements?.credentials?.accessKeyId : undefined;
}
