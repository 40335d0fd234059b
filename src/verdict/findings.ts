import type {Criterion} from './result.ts';

/** Collects what speaks against a criterion. One unmet reason makes it unmet; otherwise one unproven reason makes it unproven. */
export class Findings {
  readonly #unmet: string[] = [];
  readonly #unproven: string[] = [];

  unmet(reason: string): void {
    this.#unmet.push(reason);
  }

  unproven(reason: string): void {
    this.#unproven.push(reason);
  }

  criterion(): Criterion {
    const state = this.#unmet.length > 0 ? 'unmet' : this.#unproven.length > 0 ? 'unproven' : 'met';
    return {state, reasons: [...this.#unmet, ...this.#unproven]};
  }
}
