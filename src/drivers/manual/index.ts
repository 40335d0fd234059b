import * as z from 'zod';
import type {Driver} from '../../contract/driver.ts';
import {confirm} from './confirm.ts';

/** What only a person can do. A drill that needs it does not pass, and says how much of it there was. */
export const manual: Driver = {
  name: 'manual',
  description: 'Steps that a person does, until they are scripted: a drill with one never passes.',
  guard: {address: z.string().min(1), identity: 'none', covers: () => false},
  actions: {confirm},
  probes: {},
  captures: {},
  audits: {},
};
