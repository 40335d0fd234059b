import {isPassing, isRefusal} from './judge-answer.ts';
import {askInLegacySession} from './legacy-session.ts';
import {type Answer, type Endpoint, post} from './post.ts';
import type {Asked, Question} from './question.ts';
import {discoverRequest, type Era, modernRequest} from './requests.ts';

/** Asks in that era; where none is known, finds it out. Only what a server of one era alone says decides that. */
export async function ask(
  endpoint: Endpoint,
  era: Era | undefined,
  question: Question,
  signal: AbortSignal,
): Promise<Asked> {
  if (era === '2025-11-25') return {answer: await askInLegacySession(endpoint, question, signal), era};
  const answer = await question((method, params) => post(endpoint, modernRequest(method, params), signal));
  if (era !== undefined || answer.message?.result !== undefined) return {answer, era: '2026-07-28'};
  if (saysNothing(answer)) return {answer, era};
  const discovered = await post(endpoint, discoverRequest(), signal);
  if (discovered.message?.result !== undefined) return {answer, era: '2026-07-28'};
  if (saysNothing(discovered)) return {answer: discovered, era};
  const {isInitialized, ...legacy} = await askInLegacySession(endpoint, question, signal);
  return {answer: legacy, era: isInitialized ? '2025-11-25' : undefined};
}

/** A refusal, an overload or a failure is no word on the era. */
function saysNothing({status}: Answer): boolean {
  return isRefusal(status) || isPassing(status);
}
