import * as z from 'zod';
import type {Driver, DriverCatalog} from '../../src/contract/driver.ts';
import type {Action, Probe} from '../../src/contract/operation.ts';
import {command} from '../../src/drivers/command/index.ts';

const nothing = z.strictObject({});
const needsNothing = {input: nothing, targets: () => []} as const;

/** A system that costs nothing to ask or to change, so that what is measured is the run itself. */
function createNoOpDriver(): Driver {
  let isRemoved = false;
  const changes = (to: boolean): Action => ({
    ...needsNothing,
    description: 'Changes a variable.',
    effect: 'disables',
    execute: async () => {
      isRemoved = to;
    },
    inspect: async () => (isRemoved === to ? 'applied' : 'not-applied'),
  });
  const probe = (observe: Probe['observe']): Probe => ({
    ...needsNothing,
    description: 'Reads a variable.',
    carriesCredential: () => false,
    provesItself: true,
    observe,
  });
  return {
    name: 'no-op',
    description: 'Does nothing.',
    guard: {address: z.string(), identity: 'none', covers: () => true},
    actions: {
      remove: changes(true),
      restore: changes(false),
      nothing: {
        ...needsNothing,
        description: 'Does nothing.',
        effect: 'disables',
        execute: async () => undefined,
        inspect: async () => 'applied',
      },
    },
    probes: {
      works: probe(async () =>
        isRemoved ? {state: 'denied', code: 'removed', ownControl: true} : {state: 'allowed', code: 'works'},
      ),
      lives: probe(async () => ({state: 'allowed', code: 'lives', instance: 'one'})),
    },
    captures: {},
    audits: {},
  };
}

export function createNoOpCatalog(): DriverCatalog {
  const drivers = new Map([createNoOpDriver(), command].map((driver) => [driver.name, driver] as const));
  return {names: [...drivers.keys()], load: async (name) => drivers.get(name)};
}
