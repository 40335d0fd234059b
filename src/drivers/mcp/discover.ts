import * as z from 'zod';
import type {Observation} from '../../contract/observation.ts';
import type {Probe} from '../../contract/operation.ts';
import {clientFields} from './client-fields.ts';
import {judgeAnswer} from './judge-answer.ts';
import {observe} from './observe.ts';
import type {Asked} from './question.ts';
import type {McpSession} from './session.ts';

const input = z.strictObject(clientFields);

/** A hint, as a list is: this answer too may come from a cache, and needs nothing that a tool needs. */
export const discover: Probe<z.infer<typeof input>, McpSession> = {
  description: 'Whether an MCP server says what it is, by server/discover or, before that, initialize.',
  input,
  hint: true,
  carriesCredential: ({token}) => token !== undefined,
  observe: (given, ctx) =>
    observe(given, async (send, initialized) => initialized ?? send('server/discover', {}), ctx, judge),
};

/** The older era settles on a revision, which may be one before the one that was offered. */
function judge(asked: Asked): Observation {
  const judged = judgeAnswer(asked);
  const settled = revision.safeParse(asked.answer.message?.result);
  return settled.success ? {...judged, facts: {...judged.facts, revision: settled.data.protocolVersion}} : judged;
}

const revision = z.object({protocolVersion: z.string().regex(/^\d{4}-\d{2}-\d{2}$/)});
