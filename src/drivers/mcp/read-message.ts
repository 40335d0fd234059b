import * as z from 'zod';

/** A JSON-RPC answer: one of both is there. */
export type RpcMessage = {
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: {readonly code: number};
};

/** Finds the answer to `id` in a body of either form that a server may choose. An error without an id is an answer too: the server could not read which. */
export function readMessage(
  contentType: string | undefined,
  body: string,
  id: number | undefined,
): RpcMessage | undefined {
  const texts = isEventStream(contentType) ? eventData(body) : [body];
  for (const found of texts.flatMap(readJson)) {
    const parsed = rpcMessage.safeParse(found);
    if (!parsed.success) continue;
    const {id: answered, result, error} = parsed.data;
    if (error !== undefined && (answered === id || answered === undefined || answered === null)) return {error};
    if (result !== undefined && answered === id) return {result};
  }
  return undefined;
}

export function isEventStream(contentType: string | undefined): boolean {
  return /^text\/event-stream\b/i.test(contentType ?? '');
}

/** The data of each event, its lines joined. An event without an end was cut off. */
function eventData(stream: string): string[] {
  const events = stream.replace(/\r\n?/g, '\n').split('\n\n').slice(0, -1);
  return events.map((event) => {
    const lines = event.split('\n').filter((line) => line.startsWith('data:'));
    return lines.map((line) => line.slice('data:'.length).replace(/^ /, '')).join('\n');
  });
}

function readJson(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [value];
  } catch {
    return [];
  }
}

const rpcMessage = z.object({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number()]).nullish(),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.object({code: z.number()}).optional(),
});
