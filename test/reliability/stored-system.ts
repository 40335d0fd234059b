import {existsSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import * as z from 'zod';
import {FakeSystem} from '../fixtures/drivers/fake-system.ts';

const storedSchema = z.object({
  credentials: z.array(z.tuple([z.string(), z.boolean()])),
  tokens: z.array(z.string()),
  serving: z.boolean(),
});

export type Stored = z.infer<typeof storedSchema>;

/** A fake system that outlives the process: each effect is in its file before the caller hears of it. */
export class StoredSystem extends FakeSystem {
  readonly #file: string;
  #saved = '';

  constructor(file: string) {
    super();
    this.#file = file;
    if (existsSync(file)) this.#load();
    else this.#save();
  }

  override async reach<T>(place: string, signal: AbortSignal, effect: () => T): Promise<T> {
    return super.reach(place, signal, () => {
      const result = effect();
      this.#save();
      return result;
    });
  }

  /** What an earlier try issued, and may not have delivered, is taken back: so it is safe to run twice. */
  override issue(): void {
    for (const secret of this.credentials.keys()) {
      if (secret !== 'generation-1-secret') this.credentials.set(secret, false);
    }
    this.credentials.set(`generation-${this.credentials.size + 1}-secret`, true);
  }

  #load(): void {
    const stored = readStored(this.#file);
    this.credentials.clear();
    for (const [secret, works] of stored.credentials) this.credentials.set(secret, works);
    for (const token of stored.tokens) this.tokens.add(token);
    this.serving = stored.serving;
  }

  #save(): void {
    const stored: Stored = {
      credentials: [...this.credentials],
      tokens: [...this.tokens],
      serving: this.serving,
    };
    const text = JSON.stringify(stored);
    if (text === this.#saved) return;
    this.#saved = text;
    const beside = `${this.#file}.${process.pid}`;
    writeFileSync(beside, text);
    renameSync(beside, this.#file);
  }
}

export function readStored(file: string): Stored {
  return storedSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}
