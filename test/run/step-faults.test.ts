import {describe, it} from 'vitest';
import {DriverError} from '../../src/contract/driver-error.ts';
import {alsoDoes, answers, doesNothing, hangs, throwsAfter, throwsBefore} from '../fixtures/drivers/fake-system.ts';
import {expectFault, type Fault} from './expect-fault.ts';
import {access, step, stopServer} from './fake-drill.ts';

const passing = new DriverError('Expected an answer, got 503.', {code: 'unavailable', retryable: true});
const refused = new DriverError('Expected a yes, got 403.', {code: 'forbidden'});

const faults: readonly Fault[] = [
  {
    name: 'a step that may be retried before its effect',
    script: (system) => system.script('execute revoke', throwsBefore(passing), 1),
    verdict: 'pass',
    exitCode: 0,
  },
  {
    name: 'a step that may be retried after its effect',
    script: (system) => system.script('execute revoke', throwsAfter(passing), 1),
    verdict: 'pass',
    exitCode: 0,
  },
  {
    name: 'a step that fails at every attempt',
    script: (system) => system.script('execute revoke', throwsBefore(passing)),
    verdict: 'fail',
    exitCode: 1,
    status: 'aborted',
    because: ['shutdown', 'Step `revoke` failed (unavailable)'],
  },
  {
    name: 'a step that is refused before its effect',
    script: (system) => system.script('execute revoke', throwsBefore(refused)),
    verdict: 'fail',
    exitCode: 1,
    status: 'aborted',
    because: ['shutdown', 'Step `revoke` failed (forbidden)'],
  },
  {
    name: 'a step that throws after its effect',
    script: (system) => system.script('execute revoke', throwsAfter(refused)),
    verdict: 'fail',
    exitCode: 1,
    status: 'aborted',
    because: ['shutdown', 'Step `revoke` failed (forbidden)'],
  },
  {
    name: 'a step that does nothing and says it did',
    script: (system) => system.script('execute revoke', doesNothing()),
    verdict: 'fail',
    exitCode: 1,
    status: 'aborted',
    because: ['shutdown', 'found it not-applied'],
  },
  {
    name: 'an effect that comes late, within its limit',
    script: (system) =>
      system.script('execute revoke', (effect) => {
        system.script(
          'inspect revoke',
          (inspect) => {
            const found = inspect();
            effect();
            return found;
          },
          1,
        );
      }),
    options: {drill: {shutdown: [stopServer, step('revoke', {withinMs: 10_000})]}},
    verdict: 'pass',
    exitCode: 0,
  },
  {
    name: 'a step and its read-back that both lie',
    script: (system) => {
      system.script('execute revoke', doesNothing());
      system.script('inspect revoke', answers('applied'));
    },
    verdict: 'fail',
    exitCode: 1,
    because: ['access-removed', '`new` survives'],
  },
  {
    name: 'a new credential that appears in settle',
    script: (system) =>
      system.script(
        'mark settle',
        alsoDoes(() => system.credentials.set('another-secret', true)),
      ),
    verdict: 'fail',
    exitCode: 1,
    because: ['shutdown', 'Step `revoke` was found `not-applied` at the end of settle'],
  },
  {
    name: 'a read-back that knows nothing',
    script: (system) => system.script('inspect revoke', answers('unknown')),
    verdict: 'fail',
    exitCode: 1,
    status: 'aborted',
    because: ['shutdown', 'found it unknown'],
  },
  {
    name: 'a read-back that finds a part',
    script: (system) => system.script('inspect revoke', answers('partly')),
    verdict: 'fail',
    exitCode: 1,
    status: 'aborted',
    because: ['shutdown', 'found it partly'],
  },
  {
    name: 'a read-back that finds a part, and says why',
    script: (system) => {
      system.script('inspect revoke', answers('partly'));
      system.script('explain revoke', answers('It is stuck.'));
    },
    verdict: 'fail',
    exitCode: 1,
    status: 'aborted',
    because: ['shutdown', 'found it partly. It is stuck.'],
  },
  {
    name: 'a read-back that finds a part, and can not say why',
    script: (system) => {
      system.script('inspect revoke', answers('partly'));
      system.script('explain revoke', throwsBefore(refused));
    },
    verdict: 'fail',
    exitCode: 1,
    status: 'aborted',
    because: [
      'shutdown',
      'Step `revoke` failed (partly): Expected the change to be read back within 100 ms, found it partly.\n',
    ],
  },
  {
    name: 'a read-back that finds a part, and never says why',
    script: (system) => {
      system.script('inspect revoke', answers('partly'));
      system.script('explain revoke', hangs());
    },
    verdict: 'fail',
    exitCode: 1,
    status: 'aborted',
    because: ['shutdown', 'found it partly.\n'],
  },
  {
    name: 'a read-back that throws',
    script: (system) => system.script('inspect revoke', throwsBefore(refused)),
    verdict: 'fail',
    exitCode: 1,
    status: 'aborted',
    because: ['shutdown', 'failed (forbidden)'],
  },
  {
    name: 'a read-back that never answers',
    script: (system) => {
      system.script('inspect revoke', hangs());
      system.script('explain revoke', answers('It is stuck.'));
    },
    verdict: 'fail',
    exitCode: 1,
    status: 'aborted',
    because: ['shutdown', 'found it unknown.\n'],
  },
  {
    name: 'a check that never answers',
    script: (system) =>
      system.script(
        'execute stop',
        alsoDoes(() => system.script('observe serve', hangs(), 400)),
      ),
    options: {drill: {shutdown: [stopServer], access: {server: access('fake/serve', {expect: ['unreachable']})}}},
    verdict: 'fail',
    exitCode: 4,
    status: 'aborted',
    because: ['shutdown', 'found it unknown'],
  },
  {
    name: 'a read-back that is lost after shutdown',
    script: (system) => {
      system.script('inspect revoke', answers('applied'), 1);
      system.script('inspect revoke', throwsBefore(refused));
    },
    verdict: 'inconclusive',
    exitCode: 3,
    because: ['shutdown', 'could not be read back after the last step'],
  },
  {
    name: 'a step with nothing to undo that fails',
    script: (system) => system.script('execute revoke', throwsAfter(refused)),
    options: {drill: {shutdown: [step('revoke', {rollback: {kind: 'none', why: 'it comes back by itself'}})]}},
    verdict: 'fail',
    exitCode: 1,
    status: 'aborted',
    because: ['shutdown', 'failed (forbidden)'],
  },
];

describe('run/run-drill under faults of steps', () => {
  it.concurrent.each(faults)('judges $name', expectFault);
});
