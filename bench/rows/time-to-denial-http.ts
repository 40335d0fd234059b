import * as z from 'zod';
import {catalog} from '../../src/api/catalog.ts';
import {type BenchServer, startServer} from '../http-server.ts';
import type {Measurement} from '../measurement.ts';
import {planText, timeRun} from '../run-text.ts';
import {denialRow, farthest, readDenial} from './denial.ts';

const everyMs = 50;
const names = Array.from({length: 8}, (_, at) => `guarded-${at}`);
const row = denialRow('time to denial, HTTP server, worst of 8');
const recordSchema = z.object({deniedSince: z.number()});
let server: BenchServer | undefined;

/** Eight probes of a server that begins to deny at a time of its own, and keeps a record of it. */
export const timeToDenialHttp: Measurement = {
  name: 'time-to-denial-http',
  rows: [row],
  async prepare() {
    server = await startServer();
    return server.end;
  },
  async measure({folder}) {
    const url = server?.url ?? '';
    const plan = await planText(renderDrill(url), catalog, {base: folder});

    const {entries} = await timeRun(plan, folder);
    const {deniedSince} = recordSchema.parse(await (await fetch(`${url}/record`)).json());

    const readings = names.map((access) => readDenial(entries, {access, deniedSince, everyMs}));
    return new Map([[row.name, farthest(readings)]]);
  },
};

function renderDrill(url: string): string {
  const lives = `{uses: http/get, with: {url: '${url}/'}, expect: [allowed]}`;
  return `version: 1
name: denial
title: A server that begins to deny
integration: {name: denial, owner: bench@example.com, environment: staging, identities: []}
guard: {allow: [{http: '${url}'}]}
access:
${names.map((name) => `  ${name}: {uses: http/get, with: {url: '${url}/guarded'}, every: ${everyMs}ms, denied-within: 2s}`).join('\n')}
dependents:
  lives: {uses: http/get, with: {url: '${url}/'}, every: ${everyMs}ms}
shutdown:
  - id: deny
    uses: http/request
    with: {url: '${url}/deny', method: POST}
    check: ${lives}
    rollback: {uses: http/request, with: {url: '${url}/allow', method: POST}, check: ${lives}}
settle: 200ms
audit:
  http: {blind: it keeps no log}
`;
}
