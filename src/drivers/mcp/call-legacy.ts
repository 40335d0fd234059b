import {type Answer, type Endpoint, endSession, post} from './post.ts';
import {initializedNotice, initializeRequest, legacyCall, legacyHeaders, type ToolCall} from './requests.ts';

/** The answer that decided: to the call, or to what refused before it. */
export type LegacyAnswer = Answer & {readonly isInitialized: boolean};

/** A session of its own for one call: one that was kept would only tell about itself. */
export async function callLegacy(endpoint: Endpoint, call: ToolCall, signal: AbortSignal): Promise<LegacyAnswer> {
  const initialized = await post(endpoint, initializeRequest(), signal);
  const protocolVersion = initialized.message?.result?.protocolVersion;
  if (initialized.status > 299 || typeof protocolVersion !== 'string') {
    // Whatever it was, it was not the tool that answered.
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
    return {...(await post(endpoint, legacyCall(session, call), signal)), isInitialized: true};
  } finally {
    if (session.sessionId !== undefined) await endSession(endpoint, legacyHeaders(session), signal);
  }
}
