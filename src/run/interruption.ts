/** Why a run stops before its end: a signal, the time that it was given, a journal that can't be written, an error that nobody caught. */
export type InterruptionCause = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'max-duration' | 'journal' | 'exception';

/**
 * The first interruption stops what goes forward, so that rollback starts; the second only warns; the third gives the
 * rollback up. Only signals count as second and third.
 */
export class Interruption {
  readonly #forward = new AbortController();
  readonly #giveUp = new AbortController();
  readonly #listeners = new Set<(cause: InterruptionCause, count: number) => void>();
  #count = 0;
  #cause: InterruptionCause | undefined;

  /** Aborted by the first interruption. */
  get forward(): AbortSignal {
    return this.#forward.signal;
  }

  /** Aborted by the third. */
  get giveUp(): AbortSignal {
    return this.#giveUp.signal;
  }

  get cause(): InterruptionCause | undefined {
    return this.#cause;
  }

  interrupt(cause: InterruptionCause): void {
    if (!cause.startsWith('SIG') && this.#count > 0) return;
    this.#reach(this.#count + 1, cause);
  }

  /** Gives the rollback up at once, as the third does. */
  abandon(cause: InterruptionCause): void {
    if (this.#count < 3) this.#reach(3, cause);
  }

  #reach(count: number, cause: InterruptionCause): void {
    this.#count = count;
    this.#cause ??= cause;
    for (const listener of this.#listeners) listener(cause, count);
    this.#forward.abort(new Error(`interrupted by ${cause}`));
    if (count >= 3) this.#giveUp.abort(new Error(`given up by ${cause}`));
  }

  /** One that comes late is told at once. */
  onInterrupt(listener: (cause: InterruptionCause, count: number) => void): void {
    if (this.#cause !== undefined) listener(this.#cause, this.#count);
    this.#listeners.add(listener);
  }
}
