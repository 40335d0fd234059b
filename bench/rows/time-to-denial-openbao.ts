import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {parseEnv} from 'node:util';
import {parse} from 'yaml';
import * as z from 'zod';
import {type Lab, startLab} from '../../lab/lab.ts';
import {catalog} from '../../src/api/catalog.ts';
import type {Entry} from '../../src/journal/entries.ts';
import type {Measurement} from '../measurement.ts';
import {planText, timeRun} from '../run-text.ts';
import {denialRow, readDenial} from './denial.ts';

const everyMs = 100;
const row = denialRow('time to denial, OpenBao');
let lab: Lab | undefined;

/** A token that is revoked, against the time at which OpenBao's own audit log says so. */
export const timeToDenialOpenBao: Measurement = {
  name: 'time-to-denial-openbao',
  rows: [row],
  async prepare() {
    const home = await mkdtemp(path.join(tmpdir(), 'offdrill-bench-lab-'));
    const started = await startLab({home, ports: 'auto'});
    lab = started;
    await started.stop('orders-mcp');
    // What the integration itself held is revoked by this; from then on each run revokes one token, its own.
    await runOnce(started);
    return async () => {
      await started.down();
      await rm(home, {recursive: true, force: true});
    };
  },
  async measure() {
    if (lab === undefined) throw new Error('Expected a lab, and it did not start.');
    const entries = await runOnce(lab);
    const deniedSince = await lastRevocation(path.join(lab.data, 'openbao', 'audit.log'));
    return new Map([[row.name, readDenial(entries, {access: 'token', deniedSince, everyMs})]]);
  },
};

async function runOnce({home, data}: Lab): Promise<readonly Entry[]> {
  const vars = z.record(z.string(), z.unknown()).parse(parse(await readFile(path.join(data, 'vars.yaml'), 'utf8')));
  const env = parseEnv(await readFile(path.join(data, 'offdrill.env'), 'utf8'));
  const plan = await planText(drill, catalog, {vars, env, base: home});
  const {entries} = await timeRun(plan, home, env);
  return entries;
}

const auditEntry = z.object({type: z.string(), time: z.string(), request: z.object({path: z.string()})});

async function lastRevocation(log: string): Promise<number> {
  const lines = (await readFile(log, 'utf8')).trim().split('\n');
  const line = lines.findLast((text) => text.includes('"auth/token/revoke-accessor"') && isResponse(text));
  if (line === undefined) throw new Error('Expected a revocation in the audit log, found none.');
  return Date.parse(auditEntry.parse(JSON.parse(line)).time);
}

function isResponse(line: string): boolean {
  return auditEntry.parse(JSON.parse(line)).type === 'response';
}

const drill = `version: 1
name: token
title: One token is revoked
integration: {name: orders-mcp, owner: bench@example.com, environment: staging, identities: [{vault: {approle: orders-mcp}}]}
workloads: [{vault: {approle: checkout}}]
guard: {allow: [{vault: "\${{ vars.vault }}", cluster: offdrill-lab}, {http: "\${{ vars.checkout }}"}]}
secrets:
  vault-token: {env: OFFDRILL_VAULT_TOKEN}
  secret-id: {file: .lab/orders-mcp/secret-id}
connections:
  vault: {driver: vault, address: "\${{ vars.vault }}", token: "\${{ secrets.vault-token }}"}
capture:
  token: {uses: vault/approle-login, on: vault, with: {role: orders-mcp, secret-id: "\${{ secrets.secret-id }}"}}
access:
  token: {uses: vault/token, on: vault, with: {token: "\${{ capture.token.token }}"}, every: ${everyMs}ms, denied-within: 10s}
dependents:
  checkout: {uses: http/get, with: {url: "\${{ vars.checkout }}/orders"}, every: 250ms}
shutdown:
  - {id: revoke-tokens, uses: vault/revoke-tokens, on: vault, with: {approle: orders-mcp}, rollback: {none: nothing needs it here}}
settle: 500ms
audit:
  vault: {uses: vault/audit-file, on: vault, with: {path: .lab/openbao/audit.log}}
`;
