import type {Context} from '../src/contract/operation.ts';
import {createSystemClock} from '../src/util/system-clock.ts';

/** What a probe without a connection is given. */
export function createProbeContext(signal: AbortSignal): Context {
  return {
    signal,
    clock: createSystemClock(),
    connection: undefined,
    redactor: {add: () => undefined},
    run: 'bench',
    base: '/',
    call: (_name, act) => act(),
    own: () => undefined,
    owns: () => false,
    confirm: async () => {
      throw new Error('Nobody is asked here.');
    },
    draining: () => undefined,
  };
}
