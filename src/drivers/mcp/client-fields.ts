import * as z from 'zod';
import {secretString} from '../../contract/secret.ts';

/** As whom, and in which protocol revision, a server is asked. */
export const clientFields = {
  token: secretString('token of the MCP client').optional().meta({description: 'Sent as `Authorization: Bearer`'}),
  era: z
    .enum(['auto', '2025-11-25', '2026-07-28'])
    .default('auto')
    .meta({description: 'The protocol revision to speak; `auto` finds it out and remembers it'}),
};

const clientSchema = z.object(clientFields);
export type Client = z.infer<typeof clientSchema>;
