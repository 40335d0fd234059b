import {readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import type * as z from 'zod';
import type {SecretSink} from '../contract/operation.ts';
import type {Failure, Generation} from '../journal/entries.ts';
import {knownInput} from '../plan/known-input.ts';
import type {PlannedCall, SecretSource} from '../plan/plan.ts';
import {lookupIn, type Reference, resolveTemplate} from '../plan/resolve.ts';
import {err, ok, type Result} from '../util/result.ts';

type InputOf = {
  readonly input: {
    safeParse(
      value: unknown,
    ):
      | {success: true; data: unknown}
      | {success: false; error: {issues: readonly {path: readonly PropertyKey[]; message: string}[]}};
  };
};

/** Secrets and captures of both generations. They live in memory only. */
export class Values {
  readonly #secrets = new Map<Generation, ReadonlyMap<string, string>>();
  readonly #captures = new Map<Generation, Map<string, unknown>>([
    [1, new Map()],
    [2, new Map()],
  ]);

  setSecrets(generation: Generation, secrets: ReadonlyMap<string, string>): void {
    this.#secrets.set(generation, secrets);
  }

  setCapture(generation: Generation, name: string, output: unknown): void {
    this.#captures.get(generation)?.set(name, output);
  }

  capture(generation: Generation, name: string): unknown {
    return this.#captures.get(generation)?.get(name);
  }

  /** The call's input, whole. Throws where something that it needs was not captured, or does not fit. */
  input(call: PlannedCall<InputOf>, generation: Generation): unknown {
    const whole = this.#resolve(call, generation, (value, reference) => {
      if (value === undefined) throw new Error(`\`${reference.text}\` of generation ${generation} is not known`);
      return value;
    });
    return this.fit(call, whole);
  }

  /** The call's input as far as it is known: what died with the process that captured it stays a reference, as text. */
  known(call: PlannedCall<{readonly input: z.ZodType}>, generation: Generation): unknown {
    return knownInput(
      call.operation.input,
      this.#resolve(call, generation, (value) => value),
    );
  }

  /** A value as the call's input, in which nothing is looked up: text from a system outside is never taken for a reference. */
  fit(call: Pick<PlannedCall<InputOf>, 'uses' | 'operation'>, value: unknown): unknown {
    const parsed = call.operation.input.safeParse(value);
    if (parsed.success) return parsed.data;
    const places = parsed.error.issues.map((issue) => `\`${issue.path.map(String).join('.')}\``);
    throw new Error(`The resolved input of \`${call.uses}\` does not fit at ${[...new Set(places)].join(', ')}`);
  }

  #resolve(
    call: Pick<PlannedCall<unknown>, 'template'>,
    generation: Generation,
    found: (value: unknown, reference: Reference) => unknown,
  ): PlannedCall<unknown>['template'] {
    const known = lookupIn({
      secrets: Object.fromEntries(this.#secrets.get(generation) ?? []),
      capture: Object.fromEntries(this.#captures.get(generation) ?? []),
    });
    return resolveTemplate(call.template, (reference) => found(known(reference), reference)) as typeof call.template;
  }
}

/** Reads every secret from its variable or file, and makes it known to the redactor before anything else can see it. */
export async function loadSecrets(
  sources: Readonly<Record<string, SecretSource>>,
  options: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly base: string;
    readonly redactor: SecretSink;
  },
): Promise<Result<ReadonlyMap<string, string>, readonly Failure[]>> {
  const {secrets, problems} = await loadKnownSecrets(sources, options);
  return problems.length > 0 ? err(problems) : ok(secrets);
}

/** The same, and what can't be read is told beside the rest: whoever brings things back does what can be done. */
export async function loadKnownSecrets(
  sources: Readonly<Record<string, SecretSource>>,
  options: Parameters<typeof loadSecrets>[1],
): Promise<{readonly secrets: ReadonlyMap<string, string>; readonly problems: readonly Failure[]}> {
  const secrets = new Map<string, string>();
  const problems: Failure[] = [];
  for (const [name, source] of Object.entries(sources)) {
    const loaded = await loadSecret(source, options);
    if (!loaded.ok) {
      problems.push({code: 'secret', message: `Secret \`${name}\`: ${loaded.error}`});
      continue;
    }
    options.redactor.add(loaded.value, name);
    secrets.set(name, loaded.value);
  }
  return {secrets, problems};
}

/** Below this, a secret can't be told from ordinary text, and so not be kept out of records. */
const shortest = 6;

async function loadSecret(
  source: SecretSource,
  options: {readonly env: Readonly<Record<string, string | undefined>>; readonly base: string},
): Promise<Result<string, string>> {
  const where = 'env' in source ? `the environment variable ${source.env}` : `the file \`${source.file}\``;
  const text =
    'env' in source ? options.env[source.env] : await readSecretFile(path.resolve(options.base, source.file));
  if (text === undefined)
    return err(
      `expected ${where} to hold it, but there is none${'file' in source ? ' that is a regular file' : ''}. Set it, and run again.`,
    );
  if (text.length < shortest) {
    return err(
      `expected at least ${shortest} characters in ${where}, got ${text.length}: too short to be kept out of records.`,
    );
  }
  return ok(text);
}

async function readSecretFile(file: string): Promise<string | undefined> {
  try {
    // A pipe would never end, and could not be read again.
    if (!(await stat(file)).isFile()) return undefined;
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}
