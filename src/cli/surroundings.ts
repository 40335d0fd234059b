import {readFile} from 'node:fs/promises';
import {parseEnv} from 'node:util';
import {parse} from 'yaml';
import {err, ok, type Result} from '../util/result.ts';
import type {SharedOptions} from './options.ts';

export type Surroundings = {
  readonly vars: Readonly<Record<string, unknown>>;
  /** Whether any variable was given at all. */
  readonly varsGiven: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** Variables from `--vars`, then `--var`, and the environment with `--env-file`. The last one said wins. */
export async function readSurroundings(options: SharedOptions): Promise<Result<Surroundings, string>> {
  const vars: Record<string, unknown> = {};
  for (const file of options.vars ?? []) {
    const read = await readVarsFile(file);
    if (!read.ok) return read;
    Object.assign(vars, read.value);
  }
  for (const pair of options.var ?? []) {
    const split = pair.indexOf('=');
    if (split < 1) return err(`Expected --var to be name=value, got \`${pair.slice(0, 60)}\`.`);
    vars[pair.slice(0, split)] = pair.slice(split + 1);
  }
  const env = options.envFile === undefined ? ok({}) : await readEnvFile(options.envFile);
  if (!env.ok) return env;
  const varsGiven = (options.vars?.length ?? 0) + (options.var?.length ?? 0) > 0;
  return ok({vars, varsGiven, env: {...process.env, ...env.value}});
}

async function readVarsFile(file: string): Promise<Result<Readonly<Record<string, unknown>>, string>> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return err(`Expected variables in \`${file}\`, but it can't be read.`);
  const parsed: unknown = parseYaml(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return err(`Expected \`${file}\` to hold \`name: value\` lines in YAML, and it does not.`);
  }
  const notScalar = Object.entries(parsed).find(([, value]) => typeof value === 'object');
  if (notScalar !== undefined)
    return err(`Expected \`${notScalar[0]}\` in \`${file}\` to be one value, got a list, a map or nothing.`);
  return ok({...parsed});
}

/** The parser's own complaint may quote the file, so it is not passed on. */
function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

async function readEnvFile(file: string): Promise<Result<Readonly<Record<string, string | undefined>>, string>> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined
    ? err(`Expected environment variables in \`${file}\`, but it can't be read.`)
    : ok(parseEnv(text));
}
