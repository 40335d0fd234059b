import * as z from 'zod';
import type {Question} from './question.ts';

/** What a server lists, as far as it was asked. */
export type Listing = {names: readonly string[]; ttlMs: number | undefined};

/** More pages than this are no list that a person made. */
const mostPages = 50;

/** Asks for all pages of the list, and leaves in `listing` what the last era that was asked in listed. */
export function listQuestion(listing: Listing): Question {
  return async (send) => {
    listing.names = [];
    let params = {};
    for (let page = 1; ; page++) {
      const answer = await send('tools/list', params);
      if (answer.message?.result === undefined) return answer;
      const parsed = listed.safeParse(answer.message.result);
      if (!parsed.success) return {...answer, message: undefined};
      const {tools, nextCursor, ttlMs} = parsed.data;
      listing.names = [...listing.names, ...tools.map(({name}) => name)];
      listing.ttlMs = ttlMs;
      if (nextCursor === undefined) return answer;
      if (page === mostPages) return {...answer, message: undefined};
      params = {cursor: nextCursor};
    }
  };
}

const listed = z.object({
  tools: z.array(z.object({name: z.string().min(1).max(256)})),
  nextCursor: z.string().optional(),
  ttlMs: z.number().optional().catch(undefined),
});
