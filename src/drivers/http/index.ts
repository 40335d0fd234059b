import type {Driver} from '../../contract/driver.ts';
import {strayProxies} from '../stray-proxies.ts';
import {get} from './get.ts';
import {guard} from './guard.ts';
import {requestAction} from './request-action.ts';
import {requestProbe} from './request-probe.ts';

/** Anything that answers over HTTP: mostly the applications that must go on working. */
export const http: Driver = {
  name: 'http',
  description: 'Asks applications over HTTP, with a fresh connection each time.',
  guard,
  environment: (variables, {targets}) => strayProxies(variables, targets),
  actions: {request: requestAction},
  probes: {get, request: requestProbe},
  captures: {},
  audits: {},
};
