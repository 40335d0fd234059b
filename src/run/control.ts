import type {Clock} from '../contract/clock.ts';
import type {Session} from '../contract/driver.ts';

const everyMs = 500;
const limitMs = 2000;

/**
 * A dead system refuses nobody, so a denial is believed only while the run itself is served by the same system, over
 * another connection. One answer serves for `everyMs`; after that, or after a failure, the system is asked anew.
 */
export class Control {
  readonly #session: Session;
  readonly #clock: Clock;
  readonly #onChange: (held: boolean, at: number) => void;
  #last: {held: boolean; at: number} | undefined;
  #asking: {readonly answer: Promise<boolean>; readonly at: number} | undefined;

  constructor(session: Session, clock: Clock, onChange: (held: boolean, at: number) => void) {
    this.#session = session;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /**
   * Whether the system serves the run, as asked at `since` or later: by default a moment ago; for a change of state, not
   * before that change was seen.
   */
  async holds(since = this.#clock.now() - everyMs + 1): Promise<boolean> {
    for (;;) {
      if (this.#last?.held === true && this.#last.at >= since) return true;
      if (this.#asking === undefined) {
        const at = this.#clock.now();
        const answer = this.#ask(at).finally(() => {
          this.#asking = undefined;
        });
        this.#asking = {answer, at};
        return answer;
      }
      const {answer, at} = this.#asking;
      if (at >= since) return answer;
      await answer;
    }
  }

  async #ask(at: number): Promise<boolean> {
    const limit = AbortSignal.timeout(limitMs);
    const aborted = new Promise<boolean>((resolve) =>
      limit.addEventListener('abort', () => resolve(false), {once: true}),
    );
    const held = await Promise.race([this.#session.control(limit).catch(() => false), aborted]);
    if (this.#last?.held !== held) this.#onChange(held, this.#clock.now());
    this.#last = {held, at};
    return held;
  }
}
