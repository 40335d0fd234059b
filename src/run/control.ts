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
  #asking: Promise<boolean> | undefined;

  constructor(session: Session, clock: Clock, onChange: (held: boolean, at: number) => void) {
    this.#session = session;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** Whether the system serves the run now. */
  async holds(): Promise<boolean> {
    if (this.#last?.held === true && this.#clock.now() - this.#last.at < everyMs) return true;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<boolean> {
    const at = this.#clock.now();
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
