import * as z from 'zod';
import type {Observation} from '../../contract/observation.ts';
import type {Probe} from '../../contract/operation.ts';
import {secretString} from '../../contract/secret.ts';
import {callLegacy} from './call-legacy.ts';
import {isPassing, isRefusal, judgeAnswer, judgeSilence} from './judge-answer.ts';
import {type Answer, type Endpoint, post} from './post.ts';
import {discoverRequest, type Era, modernCall, type ToolCall} from './requests.ts';
import type {McpSession} from './session.ts';

const input = z.strictObject({
  tool: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'Expected the name of a tool: printable ASCII without spaces.')
    .meta({description: 'The tool to call; it should only read'}),
  arguments: z.record(z.string(), z.unknown()).default({}).meta({description: 'Its arguments'}),
  token: secretString('token of the MCP client').optional().meta({description: 'Sent as `Authorization: Bearer`'}),
  era: z
    .enum(['auto', '2025-11-25', '2026-07-28'])
    .default('auto')
    .meta({description: 'The protocol revision to speak; `auto` finds it out and remembers it'}),
});

/** Calls, since a listing proves nothing: lists are served from caches, and go on when what the tool needs is gone. */
export const callTool: Probe<z.infer<typeof input>, McpSession> = {
  description: 'Whether a tool of an MCP server can be called.',
  input,
  carriesCredential: ({token}) => token !== undefined,
  observe: async ({tool, arguments: given, token, era: wanted}, ctx) => {
    const {connection: session, signal} = ctx;
    const endpoint = {...session.endpoint, ...(token === undefined ? {} : {token})};
    const call = {tool, arguments: given};
    const era = wanted === 'auto' ? session.era : wanted;
    try {
      if (era === '2026-07-28') return judgeAnswer(await post(endpoint, modernCall(call), signal), era);
      if (era === '2025-11-25') return judgeAnswer(await callLegacy(endpoint, call, signal), era);
      return await findOut(session, endpoint, call, signal);
    } catch (error) {
      return judgeSilence(error, era);
    }
  },
};

/** Only what a server of one era alone says decides; until then the next sample finds out again. */
async function findOut(
  session: McpSession,
  endpoint: Endpoint,
  call: ToolCall,
  signal: AbortSignal,
): Promise<Observation> {
  const answer = await post(endpoint, modernCall(call), signal);
  const conclude = (era: Era, from: Answer): Observation => {
    session.era = era;
    return judgeAnswer(from, era);
  };
  if (answer.message?.result !== undefined) return conclude('2026-07-28', answer);
  if (saysNothing(answer)) return judgeAnswer(answer, undefined);
  const discovered = await post(endpoint, discoverRequest(), signal);
  if (discovered.message?.result !== undefined) return conclude('2026-07-28', answer);
  if (saysNothing(discovered)) return judgeAnswer(discovered, undefined);
  const {isInitialized, ...legacy} = await callLegacy(endpoint, call, signal);
  return isInitialized ? conclude('2025-11-25', legacy) : judgeAnswer(legacy, undefined);
}

/** A refusal, an overload or a failure is no word on the era. */
function saysNothing({status}: Answer): boolean {
  return isRefusal(status) || isPassing(status);
}
