import type {Driver} from '../../contract/driver.ts';
import {guard} from './guard.ts';
import {run} from './run.ts';
import {runProbe} from './run-probe.ts';
import {strayVariables} from './stray-variables.ts';

/** Programs of the user's own, for what no driver knows. */
export const command: Driver = {
  name: 'command',
  description: 'Runs programs on this host, without a shell.',
  guard,
  actions: {run},
  probes: {run: runProbe},
  captures: {},
  audits: {},
  environment: strayVariables,
};
