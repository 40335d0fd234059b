import {stat} from 'node:fs/promises';
import path from 'node:path';
import type {SecretSink} from '../../contract/operation.ts';
import type {Plan, SecretSource} from '../../plan/plan.ts';
import type {Finding} from '../../report/finding.ts';
import {loadSecrets} from '../../run/values.ts';

export type ExaminedSecrets = {
  /** Those that are there. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly findings: readonly Finding[];
};

/** Reads each secret as a run would, and looks at who else may read its file. */
export async function examineSecrets(
  plan: Plan,
  options: {readonly env: Readonly<Record<string, string | undefined>>; readonly redactor: SecretSink},
): Promise<ExaminedSecrets> {
  const secrets = new Map<string, string>();
  const findings: Finding[] = [];
  for (const [name, source] of Object.entries(plan.secrets)) {
    const loaded = await loadSecrets({[name]: source}, {...options, base: plan.base});
    if (loaded.ok) {
      for (const [key, value] of loaded.value) secrets.set(key, value);
      findings.push({check: 'secret', subject: name, ...(await lookAtSource(source, plan.base))});
    } else {
      const message = loaded.error.map((failure) => failure.message).join(' ');
      findings.push({state: 'fail', check: 'secret', subject: name, message});
    }
  }
  return {secrets, findings};
}

async function lookAtSource(source: SecretSource, base: string): Promise<Pick<Finding, 'state' | 'message' | 'mend'>> {
  if ('env' in source) return {state: 'ok', message: `set in ${source.env}`};
  const {mode} = await stat(path.resolve(base, source.file));
  const isOpen = process.platform !== 'win32' && (mode & 0o077) !== 0;
  if (!isOpen) return {state: 'ok', message: `readable in \`${source.file}\``};
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  return {
    state: 'warn',
    message: `Expected \`${source.file}\` to be its owner's alone, and its mode is ${octal}.`,
    mend: `chmod 0600 '${source.file.replaceAll("'", `'\\''`)}'`,
  };
}
