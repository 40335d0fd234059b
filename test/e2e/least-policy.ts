import {readFile} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {readJournal} from '../../src/journal/read-journal.ts';
import type {DrillLab, DrillRun} from '../helpers/drill-lab.ts';
import {policyFor, useOperator} from './operator.ts';

/** Used only where the run's own logins lock a role, where something is denied, where a revocation fails, and by a resumption. */
const sometimes = [
  'sys/locked-users/+/unlock/+',
  'auth/token/lookup-self',
  'sys/leases/lookup',
  'auth/token/revoke-accessor',
];

export type LeastRun = DrillRun & {
  /** What Vault refused on the way for want of a right. */
  readonly refused: readonly string[];
  /** Rules that nothing needed. */
  readonly unused: readonly string[];
};

/** Runs a drill with a token that has exactly the policy that `plan --policy vault` prints for it. */
export async function runWithLeastPolicy(
  drillLab: DrillLab,
  file: string,
  options: {readonly withoutDefault?: boolean} = {},
): Promise<LeastRun> {
  const rules = await policyFor(drillLab, file);
  const name = `least-${path.parse(file).name}`;
  await useOperator(drillLab.lab, {name, rules, ...options});
  const before = (await auditLines(drillLab)).length;
  const run = await drillLab.run(file);
  const asked = pathsAskedWith(name, (await auditLines(drillLab)).slice(before));
  const paths = [...rules.matchAll(/^path "(.*)" \{$/gm)].map(([, found = '']) => found);
  const unused = paths.filter((pattern) => !sometimes.includes(pattern) && !asked.some((one) => matches(pattern, one)));
  return {...run, refused: refusedIn(run.folder), unused};
}

async function auditLines({lab}: DrillLab): Promise<readonly string[]> {
  return (await readFile(path.join(lab.data, 'openbao', 'audit.log'), 'utf8')).trimEnd().split('\n');
}

function pathsAskedWith(policy: string, lines: readonly string[]): readonly string[] {
  const asked = lines.map((line) => auditLine.parse(JSON.parse(line)));
  return [...new Set(asked.filter(({auth}) => auth?.policies?.includes(policy)).map(({request}) => request.path))];
}

function matches(pattern: string, asked: string): boolean {
  const wanted = pattern.replace(/\*$/, '').split('/');
  const given = asked.split('/');
  const same = wanted.every((segment, at) => segment === '+' || segment === given[at]);
  return pattern.endsWith('*') ? asked.startsWith(pattern.slice(0, -1)) : same && given.length === wanted.length;
}

const auditLine = z.object({
  auth: z.object({policies: z.array(z.string()).nullish()}).nullish(),
  request: z.object({path: z.string()}),
});

/** Calls and releases that were refused, also where the run got on without them. */
function refusedIn(folder: string | undefined): readonly string[] {
  const read = readJournal(`${folder}/journal.ndjson`);
  if (!read.ok) throw new Error(read.error.reason);
  return read.value.entries.flatMap((entry) => {
    if (entry.type === 'trouble') return [`${entry.data.where}: ${entry.data.message}`];
    return entry.type === 'call' && entry.data.outcome.startsWith('forbidden')
      ? [`${entry.data.operation}: ${entry.data.call}`]
      : [];
  });
}
