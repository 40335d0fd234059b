/** What the lab's account is, where moto stands in for AWS. */
export const region = 'eu-central-1';
/** Of moto's only account. */
export const accountId = '123456789012';

/** Which secret each of the two services reads, with a user and a key of its own. */
export const secrets = {'billing-mcp': 'billing/api-key', reporting: 'reporting/key'} as const;
