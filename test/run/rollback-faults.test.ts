import {describe, it} from 'vitest';
import {DriverError} from '../../src/contract/driver-error.ts';
import {alsoDoes, answers, doesNothing, hangs, throwsBefore} from '../fixtures/drivers/fake-system.ts';
import {expectFault, type Fault} from './expect-fault.ts';
import {access} from './fake-drill.ts';

const refused = new DriverError('Expected a yes, got 403.', {code: 'forbidden'});

const faults: readonly Fault[] = [
  {
    name: 'a dependent that stays down',
    script: (system) =>
      system.script(
        'execute start',
        alsoDoes(() => {
          system.healthy = false;
        }),
      ),
    verdict: 'fail',
    exitCode: 1,
    because: ['restored', '`shop` did not come back'],
  },
  {
    name: 'a rollback that fails',
    script: (system) => system.script('execute issue', throwsBefore(refused)),
    verdict: 'fail',
    exitCode: 4,
    because: ['restored', 'The rollback of step `revoke` failed (forbidden)'],
  },
  {
    name: 'a rollback that restores nothing',
    script: (system) => system.script('execute issue', doesNothing()),
    verdict: 'fail',
    exitCode: 4,
    because: ['restored', 'found it not-applied'],
  },
  {
    name: 'a rollback that restores nothing, and says why',
    script: (system) => {
      system.script('execute issue', doesNothing());
      system.script('explain issue', answers('It is stuck.'));
    },
    verdict: 'fail',
    exitCode: 4,
    because: ['restored', 'found it not-applied. It is stuck.'],
  },
  {
    name: 'a rollback whose read-back never answers',
    script: (system) => system.script('inspect issue', hangs()),
    verdict: 'fail',
    exitCode: 4,
    because: ['restored', 'found it unknown'],
  },
  {
    name: 'a rollback and its read-back that both lie',
    script: (system) => {
      system.script('execute issue', doesNothing());
      system.script('inspect issue', answers('applied'));
    },
    verdict: 'fail',
    exitCode: 1,
    because: ['restored', 'Capture `holdings` did not come back'],
  },
  {
    name: 'a rollback that revives the old credential',
    script: (system) =>
      system.script(
        'execute issue',
        alsoDoes(() => system.credentials.set('generation-1-secret', true)),
      ),
    verdict: 'fail',
    exitCode: 1,
    because: ['access-removed', 'the old credential came back to life'],
  },
  {
    name: 'a login that rollback revives',
    script: (system) =>
      system.script(
        'execute issue',
        alsoDoes(() => system.credentials.set('generation-1-secret', true)),
      ),
    options: {drill: {access: {login: access('fake/login')}}},
    verdict: 'fail',
    exitCode: 1,
    because: ['access-removed', '`login`: the old credential came back to life'],
  },
  {
    name: 'a generation 2 that can not be captured',
    script: (system) => {
      system.script('take holdings', (effect) => effect(), 1);
      system.script('take holdings', throwsBefore(refused));
    },
    verdict: 'fail',
    exitCode: 1,
    because: ['restored', 'Capture `holdings` did not come back'],
  },
  {
    name: 'a capture of generation 2 that never answers',
    script: (system) => {
      system.script('take holdings', (effect) => effect(), 1);
      system.script('take holdings', hangs());
    },
    verdict: 'fail',
    exitCode: 1,
    because: ['restored', 'Capture `holdings` did not come back'],
  },
  {
    name: 'a generation 2 that is refused',
    script: (system) => system.script('observe credential 2', answers({state: 'denied', code: 'refused'})),
    verdict: 'fail',
    exitCode: 1,
    because: ['restored', '`new` did not come back: it was `denied`'],
  },
];

describe('run/run-drill under faults of rollback', () => {
  it.concurrent.each(faults)('judges $name', expectFault);
});
