import * as z from 'zod';
import {ofPresence} from '../../contract/fields.ts';
import type {Observation} from '../../contract/observation.ts';
import type {Probe} from '../../contract/operation.ts';
import {clientFields} from './client-fields.ts';
import {judgeAnswer} from './judge-answer.ts';
import {type Listing, listQuestion} from './list-question.ts';
import {observe} from './observe.ts';
import type {McpSession} from './session.ts';
import {toolListSchema} from './tool-list.ts';

const input = z
  .strictObject({
    ...clientFields,
    'tool-list': toolListSchema
      .optional()
      .meta({description: 'What was listed before, from the capture: denied where nothing of it is listed'}),
  })
  .refine(({token, 'tool-list': captured}) => captured === undefined || token !== undefined, {
    path: ['token'],
    ...ofPresence,
    message:
      'Expected a `token` beside `tool-list`: a list is the same again after rollback, and only its token tells one generation from the next.',
  });

/** A hint and no more: the list may come from a cache, and outlives whatever its tools need. */
export const listTools: Probe<z.infer<typeof input>, McpSession> = {
  description: 'Whether an MCP server lists its tools, which proves neither life nor death.',
  input,
  hint: true,
  carriesCredential: ({token}) => token !== undefined,
  observe: (given, ctx) => {
    const listing: Listing = {names: [], ttlMs: undefined};
    return observe(given, listQuestion(listing), ctx, (asked) => {
      const judged = judgeAnswer(asked);
      return judged.state === 'allowed' ? judgeListing(judged, listing, given['tool-list']?.tools) : judged;
    });
  },
};

function judgeListing(
  judged: Observation,
  {names, ttlMs}: Listing,
  captured: readonly string[] | undefined,
): Observation {
  const facts = {...judged.facts, tools: names.length, ...(ttlMs === undefined ? {} : {ttlMs})};
  if (captured === undefined || captured.some((name) => names.includes(name))) return {...judged, facts};
  return {state: 'denied', code: 'none-listed', ownControl: true, facts};
}
