import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type {Lab} from '../../lab/lab.ts';
import {createBaoApi} from '../../lab/openbao.ts';
import type {DrillLab} from '../helpers/drill-lab.ts';
import {projectFolder} from '../helpers/run-cli.ts';

/** What `plan --policy vault` prints for a drill of `drills/`. */
export async function policyFor(drillLab: DrillLab, file: string): Promise<string> {
  const {exitCode, stdout, stderr} = await drillLab.offdrill(
    `plan '${path.join(projectFolder, 'drills', file)}' --policy vault`,
  );
  if (exitCode !== 0) throw new Error(stderr);
  return stdout;
}

/** Makes a token with these rules, and `default` unless left out, and lets drills in this lab work with it. */
export async function useOperator(
  lab: Lab,
  options: {readonly name: string; readonly rules: string; readonly withoutDefault?: boolean},
): Promise<void> {
  const {name, rules, withoutDefault = false} = options;
  const root = createBaoApi(lab.addresses.vault, lab.rootToken());
  await root('PUT', `sys/policies/acl/${name}`, {policy: rules});
  const created = await root('POST', 'auth/token/create-orphan', {
    display_name: name,
    policies: [name],
    no_default_policy: withoutDefault,
    ttl: '1h',
  });
  await useToken(lab, tokenAnswer.parse(created).auth.client_token);
}

export async function useToken(lab: Lab, token: string): Promise<void> {
  const file = path.join(lab.data, 'offdrill.env');
  const before = await readFile(file, 'utf8');
  await writeFile(file, before.replace(/^OFFDRILL_VAULT_TOKEN=.*$/m, `OFFDRILL_VAULT_TOKEN=${token}`));
}

const tokenAnswer = z.object({auth: z.object({client_token: z.string()})});
