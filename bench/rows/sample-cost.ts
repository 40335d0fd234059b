import {mkdtemp, rm} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {readChild} from '../children.ts';
import type {Measurement} from '../measurement.ts';

const count = 200_000;
const costSchema = z.object({memory: z.number(), onDisk: z.number(), inJournal: z.number()});
const [memory, onDisk, inJournal] = ['a sample: memory', 'a sample: on disk', 'a sample: in the journal'];

/** There is no floor: nothing has to be kept of a sample that saw what the one before saw. */
export const sampleCost: Measurement = {
  name: 'sample-cost',
  rows: [
    {name: memory, unit: 'bytes', goal: {kind: 'at-most', limit: 20}},
    {name: onDisk, unit: 'bytes', goal: {kind: 'at-most', limit: 200}},
    {name: inJournal, unit: 'entries', goal: {kind: 'at-most', limit: 0}},
  ],
  async measure({folder}) {
    const own = await mkdtemp(path.join(folder, 'cost-'));
    const cost = costSchema.parse(await readChild('cost.ts', [own, String(count)], ['--expose-gc']));
    await rm(own, {recursive: true});
    return new Map([
      [memory, {value: cost.memory}],
      [onDisk, {value: cost.onDisk}],
      [inJournal, {value: cost.inJournal}],
    ]);
  },
};
