import {type Answer, type Endpoint, endSession, post} from './post.ts';
import type {Question} from './question.ts';
import {initializedNotice, initializeRequest, legacyHeaders, legacyRequest} from './requests.ts';

/** The answer that decided: to the question, or to what refused before it. */
export type LegacyAnswer = Answer & {readonly isInitialized: boolean};

/** Asks in a session that is opened for it alone: one that was kept would only tell about itself. */
export async function askInLegacySession(
  endpoint: Endpoint,
  question: Question,
  signal: AbortSignal,
): Promise<LegacyAnswer> {
  const initialized = await post(endpoint, initializeRequest(), signal);
  const protocolVersion = initialized.message?.result?.protocolVersion;
  if (initialized.status > 299 || typeof protocolVersion !== 'string') {
    // Whatever it was, it was no answer to the question.
    return {
      ...initialized,
      message: initialized.message?.error && {error: initialized.message.error},
      isInitialized: false,
    };
  }
  const sessionId = initialized.headers['mcp-session-id'];
  const session = {protocolVersion, sessionId: typeof sessionId === 'string' ? sessionId : undefined};
  try {
    const noticed = await post(endpoint, initializedNotice(session), signal);
    if (noticed.status > 299) return {...noticed, isInitialized: true};
    const answer = await question(
      (method, params) => post(endpoint, legacyRequest(session, method, params), signal),
      initialized,
    );
    return {...answer, isInitialized: true};
  } finally {
    if (session.sessionId !== undefined) await endSession(endpoint, legacyHeaders(session), signal);
  }
}
