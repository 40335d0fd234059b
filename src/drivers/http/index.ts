import type {Driver} from '../../contract/driver.ts';
import {get} from './get.ts';
import {guard} from './guard.ts';

/** Anything that answers over HTTP: mostly the applications that must go on working. */
export const http: Driver = {
  name: 'http',
  description: 'Asks applications over HTTP, with a fresh connection each time.',
  guard,
  actions: {},
  probes: {get},
  captures: {},
  audits: {},
};
