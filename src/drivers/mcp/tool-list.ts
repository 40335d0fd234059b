import * as z from 'zod';
import type {Capture} from '../../contract/operation.ts';
import {ExchangeError} from '../http-exchange.ts';
import {clientFields} from './client-fields.ts';
import {refused, unanswered} from './failure.ts';
import {judgeAnswer} from './judge-answer.ts';
import {type Listing, listQuestion} from './list-question.ts';
import {askAs} from './observe.ts';
import type {McpSession} from './session.ts';

export const toolListSchema = z.strictObject({tools: z.array(z.string()), count: z.int()});
export type ToolList = z.infer<typeof toolListSchema>;

const input = z.strictObject(clientFields);

export const toolList: Capture<z.infer<typeof input>, ToolList, McpSession> = {
  description: 'The names of the tools that an MCP server lists.',
  input,
  kind: 'taken',
  output: toolListSchema,
  take: (given, ctx) =>
    ctx.call('tools/list', async () => {
      const {url} = ctx.connection.endpoint;
      const listing: Listing = {names: [], ttlMs: undefined};
      try {
        const judged = judgeAnswer(await askAs(given, listQuestion(listing), ctx));
        if (judged.state !== 'allowed') throw refused(url, judged.code);
      } catch (error) {
        throw error instanceof ExchangeError ? unanswered(url, error) : error;
      }
      const tools = [...new Set(listing.names)].sort();
      return {tools, count: tools.length};
    }),
  count: ({count}) => count,
};
