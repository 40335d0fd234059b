import * as z from 'zod';
import type {Probe} from '../../contract/operation.ts';
import {instanceField, tellInstance} from '../instance.ts';
import {clientFields} from './client-fields.ts';
import {judgeAnswer} from './judge-answer.ts';
import {observe} from './observe.ts';
import type {McpSession} from './session.ts';

const input = z.strictObject({
  tool: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'Expected the name of a tool: printable ASCII without spaces.')
    .meta({description: 'The tool to call; it should only read'}),
  arguments: z.record(z.string(), z.unknown()).default({}).meta({description: 'Its arguments'}),
  ...clientFields,
  'tool-error': z
    .enum(['denied', 'indeterminate'])
    .default('indeterminate')
    .meta({description: 'What a result with `isError` means; `denied` where the server says so when it is refused'}),
  instance: instanceField('result').optional(),
});

/** Calls, since a listing proves nothing: lists are served from caches, and go on when what the tool needs is gone. */
export const callTool: Probe<z.infer<typeof input>, McpSession> = {
  description: 'Whether a tool of an MCP server can be called.',
  input,
  carriesCredential: ({token}) => token !== undefined,
  observe: (given, ctx) =>
    observe(
      given,
      (send) => send('tools/call', {name: given.tool, arguments: given.arguments}),
      ctx,
      (asked) => {
        const {headers, message} = asked.answer;
        return tellInstance(judgeAnswer(asked, given['tool-error']), given.instance, {
          headers,
          body: () => message?.result,
        });
      },
    ),
};
