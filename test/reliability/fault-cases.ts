import {type Fault, httpAnswer} from '../helpers/faulty-proxy.ts';

export const systems = ['vault', 'postgres', 'checkout', 'orders-mcp'] as const;
export type System = (typeof systems)[number];
const overHttp = ['vault', 'checkout', 'orders-mcp'] as const;

/** From which line of the run's progress to which other the fault lasts. */
export type Window = {readonly from: string; readonly to: string};
export type Case = {
  readonly name: string;
  readonly system: System;
  readonly fault: Fault;
  readonly window: Window;
  /** Verdict and exit code; several where it depends on how fast the machine is. */
  readonly comesTo: readonly string[];
};

const allFaults: Readonly<Record<string, {readonly fault: Fault; readonly on: readonly System[]}>> = {
  latency: {fault: {kind: 'latency', ms: 4000}, on: systems},
  refused: {fault: {kind: 'refused'}, on: systems},
  reset: {fault: {kind: 'reset'}, on: systems},
  'half-open': {fault: {kind: 'half-open'}, on: systems},
  'slow bytes': {fault: {kind: 'slow-bytes', ms: 20}, on: systems},
  'wrong certificate': {fault: {kind: 'wrong-certificate'}, on: overHttp},
  '429': {fault: httpAnswer('429 Too Many Requests', '{"errors":["rate limit"]}'), on: overHttp},
  '500': {fault: httpAnswer('500 Internal Server Error', '{"errors":["internal"]}'), on: overHttp},
  '503 sealed': {fault: httpAnswer('503 Service Unavailable', '{"errors":["Vault is sealed"]}'), on: ['vault']},
  'truncated JSON': {
    fault: httpAnswer('200 OK', '{"data":{"keys":["a', {'content-length': '1000'}),
    on: overHttp,
  },
  'huge JSON': {fault: httpAnswer('200 OK', `{"data":"${'x'.repeat(9 << 20)}"}`), on: overHttp},
  HTML: {fault: httpAnswer('200 OK', '<html>Welcome</html>', {'content-type': 'text/html'}), on: overHttp},
  'nonsense for a protocol': {fault: {kind: 'answer', bytes: Buffer.from('\u0000\u0001nonsense\r\n\r\n')}, on: systems},
};

/** From the first step to the rollback. The MCP server is stopped by then: its turn comes when it is to work again. */
const windowOf = (system: System): Window =>
  system === 'orders-mcp'
    ? {from: 'phase restored', to: 'phase audit'}
    : {from: 'step stop-server:', to: 'phase rollback'};
export const onEachSystem = Object.entries(allFaults).flatMap(([name, {fault, on}]): Case[] =>
  on.map((system) => ({name, system, fault, window: windowOf(system), comesTo: comesToOn(system, name)})),
);

/** What only takes long is cut short by the time limit of the run, or leaves too little seen to tell a failure from none. */
function comesToOn(system: System, name: string): readonly string[] {
  const isSlow = ['latency', 'half-open', 'slow bytes'].includes(name);
  // Nothing that is changed is asked of it: on a busy machine it may be asked too seldom to be found wanting.
  if (system === 'checkout') return ['fail 1', 'inconclusive 3'];
  if (!isSlow) return ['fail 1'];
  return system === 'vault' ? ['fail 1', 'fail 143', 'fail 4'] : ['fail 1', 'fail 143'];
}

/** Vault does not answer as it should in this phase, and is well again in the next. */
const phases: Readonly<Record<string, readonly string[]>> = {
  guard: ['inconclusive 3'],
  preflight: ['inconclusive 3'],
  capture: ['inconclusive 3'],
  baseline: ['inconclusive 3'],
  shutdown: ['fail 4'],
  settle: ['fail 1', 'fail 143'],
  rollback: ['fail 4'],
  // Where everything was seen to be back just before, only the record is missing.
  restored: ['fail 1', 'fail 143', 'inconclusive 3'],
  audit: ['fail 1', 'fail 143', 'inconclusive 3'],
};
export const inEachPhase = ['half-open', 'reset', '500'].flatMap((name) =>
  Object.entries(phases).map(([phase, comesTo], at): Case => {
    const to = `phase ${Object.keys(phases)[at + 1] ?? 'scan'}`;
    const fault = allFaults[name]?.fault ?? {kind: 'none'};
    return {name, system: 'vault', fault, window: {from: `phase ${phase}`, to}, comesTo};
  }),
);
