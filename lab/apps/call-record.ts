import {AsyncLocalStorage} from 'node:async_hooks';
import {appendFile} from 'node:fs/promises';
import * as z from 'zod';

const clientInfo = z.object({name: z.string()});
const callSchema = z.object({
  method: z.literal('tools/call'),
  params: z.object({
    name: z.string().catch('unnamed tool'),
    // What the client calls itself: a name and no proof. Clients of the legacy era say it only once, to a session.
    _meta: z.object({'io.modelcontextprotocol/clientInfo': clientInfo.optional()}).optional().catch(undefined),
  }),
});

/** The server's own record: one line a tool call with who, which tool, when, and how it ended, also of calls that no tool ever sees. */
export class CallRecord {
  private readonly file: string;
  private readonly current = new AsyncLocalStorage<{readonly about: object; recorded: boolean}>();

  constructor(file: string) {
    this.file = file;
  }

  /** Passes a request on. A tool call that reaches no tool is recorded as `refused`. */
  async around(message: unknown, answer: () => Promise<void>): Promise<void> {
    const params = callSchema.safeParse(message).data?.params;
    if (params === undefined) return answer();
    const who = params._meta?.['io.modelcontextprotocol/clientInfo']?.name ?? 'unnamed client';
    const call = {about: {time: new Date().toISOString(), who, tool: params.name}, recorded: false};
    await this.current.run(call, async () => {
      await answer();
      if (!call.recorded) await this.ended('refused');
    });
  }

  /** The tool that is called just now has ended, and answers next. */
  async ended(outcome: string): Promise<void> {
    const call = this.current.getStore();
    if (call === undefined) return;
    call.recorded = true;
    await appendFile(this.file, `${JSON.stringify({...call.about, outcome})}\n`, {mode: 0o600});
  }
}
