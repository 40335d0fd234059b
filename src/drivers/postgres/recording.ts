import {randomBytes} from 'node:crypto';
import {type Asking, type RoleSnapshot, takeSnapshot} from './role-snapshot.ts';

type Writing = Asking & {writeToLog(text: string, signal: AbortSignal): Promise<void>};

/**
 * What the run does to be told from others in a server's own record: marks of its phases, which only this server's log holds,
 * the sessions that made them and its changes, and how roles were before the first step.
 */
export class Recording {
  readonly nonce = randomBytes(8).toString('hex');
  /** Phases whose marks stand in the log. */
  readonly marked: string[] = [];
  before: RoleSnapshot | undefined;
  readonly #writesMarks: boolean;

  constructor({writesMarks}: {readonly writesMarks: boolean}) {
    this.#writesMarks = writesMarks;
  }

  /** What was changed before the first step is nobody's recovery. */
  async mark(phase: string, session: Writing, signal: AbortSignal): Promise<void> {
    if (phase === 'shutdown') this.before = await takeSnapshot(session, signal);
    if (!this.#writesMarks) return;
    await session.writeToLog(this.textOf(phase), signal);
    this.marked.push(phase);
  }

  textOf(phase: string): string {
    return `offdrill mark ${phase} ${this.nonce}`;
  }
}
