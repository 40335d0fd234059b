import * as z from 'zod';
import type {Observation} from '../../contract/observation.ts';
import type {Probe} from '../../contract/operation.ts';
import {type ProcessEnd, runProcess} from './client.ts';
import {processFields, processRequest} from './process-fields.ts';

const states = z.record(
  z.string().regex(/^(?:\d|[1-9]\d|1[01]\d|12[0-5])$/, 'Expected an exit code from 0 to 125.'),
  z.enum(['allowed', 'denied', 'unreachable', 'indeterminate']),
);

const inputSchema = z.strictObject({
  ...processFields,
  states: states
    .refine((table) => Object.keys(table).length > 0, 'Expected the state of one exit code at least.')
    .meta({description: 'The state that each exit code means; every other is indeterminate'}),
  'carries-credential': z
    .boolean()
    .optional()
    .meta({description: 'Whether it asks with a credential; by default, whether a secret or a capture is given to it'}),
});

type RunProbeInput = z.infer<typeof inputSchema>;

/** As in a drill, before the values are known. */
const secretReference = /\$\{\{\s*(?:secrets|capture)\./;

export const runProbe: Probe<RunProbeInput> = {
  description: 'Runs a program that asks, and reads what it found from its exit code.',
  input: inputSchema,
  targets: ({argv}) => [{kind: 'command', address: argv}],
  carriesCredential: ({argv, env, 'carries-credential': said}) =>
    typeof said === 'boolean' ? said : secretReference.test(JSON.stringify([argv, env])),
  observe: async (input, {signal, base}) =>
    judge(await runProcess(processRequest(input, base), signal), input.states, signal),
};

/**
 * What the table calls a denial has no control of its own: a program may end so because what it asks is dead, or because
 * it crashed.
 */
function judge(end: ProcessEnd, table: RunProbeInput['states'], signal: AbortSignal): Observation {
  switch (end.kind) {
    case 'exited':
      return {state: table[String(end.exitCode)] ?? 'indeterminate', code: `exit:${end.exitCode}`};
    case 'signalled':
      return {state: 'indeterminate', code: `signal:${end.signal}`};
    case 'timed-out':
      return {state: 'indeterminate', code: 'TIMEOUT'};
    case 'aborted':
      return {state: 'indeterminate', code: isTimeLimit(signal) ? 'TIMEOUT' : 'ABORTED'};
    case 'not-started':
      return {state: 'indeterminate', code: `not-started:${end.errno}`};
  }
}

/** The probe's own limit, which its clock sets, is a time limit like any other. */
function isTimeLimit({reason}: AbortSignal): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}
