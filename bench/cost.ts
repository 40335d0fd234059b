import {statSync} from 'node:fs';
import path from 'node:path';
import {setImmediate as turn} from 'node:timers/promises';
import * as z from 'zod';
import type {Probe} from '../src/contract/operation.ts';
import {SamplesFile} from '../src/journal/samples-file.ts';
import {createRedactor} from '../src/redact/redactor.ts';
import {ProbeBoard} from '../src/run/probe-board.ts';
import {createFacilities} from './sampling/facilities.ts';

/** `FOLDER COUNT`, with --expose-gc: what so many samples of one unchanged state cost, once the first thousands are taken. */
const [folder = '', count = '200000'] = process.argv.slice(2);
const samples = Number(count);
const settled = 20_000;

const alwaysAllowed: Probe = {
  description: 'Answers at once.',
  input: z.unknown(),
  carriesCredential: () => false,
  observe: async () => ({state: 'allowed', code: '200', facts: {totalMs: 1.2}}),
};

const redactor = createRedactor();
const file = await SamplesFile.create({folder, redact: (text) => redactor.redact(text)});
const board = new ProbeBoard(({options: {probe, generation}}, {sequence, sentAt, receivedAt, state, code}) => {
  file.append({probe, generation, sequence, sentAt, durationMs: receivedAt - sentAt, state, code});
});
let entries = 0;
const facilities = createFacilities({folder, redactor, journal: () => (entries += 1)});
const call = {
  uses: 'bench/allowed',
  driver: 'bench',
  operation: alwaysAllowed,
  on: undefined,
  template: {},
  targets: [],
};
await board.start(facilities, 1, {
  access: [],
  dependents: [{name: 'orders-service', call, everyMs: 1_000_000, timeoutMs: 2000}],
});
const [sampler] = board.samplers;

await ask(settled);
const [heapBefore, entriesBefore] = [await heapInUse(), entries];
await ask(samples);
const [memory, inJournal] = [((await heapInUse()) - heapBefore) / samples, (entries - entriesBefore) / samples];
await board.stop(() => undefined);
const {samples: written} = await file.close();
const onDisk = statSync(path.join(folder, 'samples.ndjson')).size / written;
process.send?.({memory, onDisk, inJournal});

async function ask(times: number): Promise<void> {
  for (let at = 0; at < times; at++) {
    await sampler?.ask();
    // What was let go is counted out between two turns of the event loop, of which a run has one a sample.
    if (at % 100 === 0) await turn();
  }
}

async function heapInUse(): Promise<number> {
  for (let at = 0; at < 5; at++) {
    globalThis.gc?.();
    await turn();
  }
  return process.memoryUsage().heapUsed;
}
