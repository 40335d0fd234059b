import {describe, it} from 'vitest';
import {DriverError} from '../../src/contract/driver-error.ts';
import type {Dependent} from '../../src/drill/drill.ts';
import {alsoDoes, answers, hangs, throwsBefore} from '../fixtures/drivers/fake-system.ts';
import {expectFault, type Fault} from './expect-fault.ts';
import {access, fakeDrill, reference, step, stopServer} from './fake-drill.ts';

const passing = new DriverError('Expected an answer, got 503.', {code: 'unavailable', retryable: true});
const refused = new DriverError('Expected a yes, got 403.', {code: 'forbidden'});

/** Its server tells which process it is, and its start is allowed to be another one. */
const watched = {
  access: {
    new: access('fake/credential'),
    server: access('fake/serve', {expect: ['unreachable'], instance: 'process'}),
  },
  shutdown: [{...stopServer, rollback: {...stopServer.rollback, restarts: ['server']}}, step('revoke')],
};

const faults: readonly Fault[] = [
  {
    name: 'a credential that comes back to life in settle',
    script: (system) =>
      system.script(
        'mark settle',
        alsoDoes(() => system.credentials.set('generation-1-secret', true)),
      ),
    verdict: 'fail',
    exitCode: 1,
    because: ['access-removed', 'and stayed alive to the end of settle: revived, or given out anew'],
  },
  {
    name: 'a control that is lost',
    script: (system) => system.script('control', answers(false)),
    verdict: 'inconclusive',
    exitCode: 3,
    because: ['access-removed', 'no-control:refused'],
  },
  {
    name: 'a control that throws',
    script: (system) => system.script('control', throwsBefore(passing)),
    verdict: 'inconclusive',
    exitCode: 3,
    because: ['access-removed', 'no-control:refused'],
  },
  {
    name: 'a credential that is only unreachable',
    script: (system) =>
      system.script(
        'execute revoke',
        alsoDoes(() => system.script('observe credential 1', answers({state: 'unreachable', code: 'ECONNREFUSED'}))),
      ),
    verdict: 'inconclusive',
    exitCode: 3,
    because: ['access-removed', 'stopped is not revoked'],
  },
  {
    name: 'a probe that hangs after its step',
    script: (system) =>
      system.script(
        'execute revoke',
        alsoDoes(() => system.script('observe credential 1', hangs())),
      ),
    verdict: 'inconclusive',
    exitCode: 3,
    because: ['access-removed', 'TIMEOUT'],
  },
  {
    name: 'a probe that throws after its step',
    script: (system) =>
      system.script(
        'execute revoke',
        alsoDoes(() => system.script('observe credential 1', throwsBefore(new Error('broken')))),
      ),
    verdict: 'inconclusive',
    exitCode: 3,
    because: ['access-removed', 'probe-error'],
  },
  {
    name: 'a held session that lives on',
    script: (system) => system.script('observe held', answers({state: 'allowed', code: '200'})),
    verdict: 'fail',
    exitCode: 1,
    because: ['access-removed', 'over the session held since before shutdown'],
  },
  {
    name: 'a dependent that fails for a moment',
    script: (system) =>
      system.script(
        'execute stop',
        alsoDoes(() => system.script('observe healthy', answers({state: 'indeterminate', code: '500'}), 2)),
      ),
    verdict: 'fail',
    exitCode: 1,
    because: ['dependents-unharmed', '`shop` was harmed'],
  },
  {
    name: 'a dependent that is restarted',
    script: (system) =>
      system.script(
        'execute stop',
        alsoDoes(() => {
          system.instance = 'second';
        }),
      ),
    verdict: 'fail',
    exitCode: 1,
    because: ['dependents-unharmed', 'which no step allows'],
  },
  {
    name: 'an integration that is restarted after its rollback',
    script: (system) => {
      let asked = 0;
      system.script(
        'observe credential 2',
        alsoDoes(() => {
          asked += 1;
          if (asked === 2) system.process += 1;
        }),
      );
    },
    options: {drill: watched},
    verdict: 'fail',
    exitCode: 1,
    because: ['no-manual-recovery', '`server` was restarted at'],
  },
  {
    name: 'an integration that is restarted as soon as its rollback has started it',
    script: (system) =>
      system.script(
        'mark restored',
        alsoDoes(() => {
          system.process += 1;
        }),
      ),
    options: {drill: {...watched, access: {...watched.access, server: {...watched.access.server, everyMs: 90}}}},
    verdict: 'fail',
    exitCode: 1,
    because: ['no-manual-recovery', '`server` was restarted at'],
  },
  {
    name: 'an integration that is restarted after its last sample',
    script: (system) => {
      let asked = 0;
      system.script('observe serve', async (effect) => {
        const seen = await effect();
        if (system.phase === 'restored') asked += 1;
        if (asked === 3) system.process += 1;
        return seen;
      });
    },
    options: {drill: watched},
    verdict: 'fail',
    exitCode: 1,
    because: ['no-manual-recovery', '`server` was restarted at'],
  },
  {
    name: 'a dependent that a step may restart, and that is restarted again',
    script: (system) => {
      system.script(
        'execute revoke',
        alsoDoes(() => {
          system.instance = 'second';
        }),
      );
      system.script(
        'mark settle',
        alsoDoes(() => {
          system.instance = 'third';
        }),
      );
    },
    options: {
      drill: {
        shutdown: [stopServer, step('revoke', {restarts: ['shop']})],
        dependents: {shop: {...fakeDrill().dependents.shop, everyMs: 80} as Dependent},
      },
    },
    verdict: 'fail',
    exitCode: 1,
    because: ['no-manual-recovery', '`shop` was restarted at'],
  },
  {
    name: 'a server in its place that tells no process, for a moment',
    script: (system) => {
      let asked = 0;
      system.script('observe serve', (effect) => {
        if (system.phase !== 'settle') return effect();
        asked += 1;
        return asked === 2 ? {state: 'allowed', code: '200'} : effect();
      });
    },
    options: {drill: watched},
    verdict: 'fail',
    exitCode: 1,
    because: ['access-removed', '`server` flipped back: dead at '],
  },
  {
    name: 'a dependent that works and tells no process: somebody in between',
    script: (system) => system.script('observe healthy', () => ({state: 'allowed', code: '200'})),
    verdict: 'inconclusive',
    exitCode: 3,
    status: 'aborted',
    because: ['baseline', 'no-instance'],
  },
  {
    name: 'a step that may restart a dependent and does not, and somebody who does later',
    script: (system) =>
      system.script(
        'mark restored',
        alsoDoes(() => {
          system.instance = 'second';
        }),
      ),
    options: {drill: {shutdown: [stopServer, step('revoke', {restarts: ['shop']})]}},
    verdict: 'fail',
    exitCode: 1,
    because: ['no-manual-recovery', '`shop` was restarted at'],
  },
  {
    name: 'an integration that tells no process, with one that is asked for',
    script: (system) =>
      system.script('observe serve', () => ({state: system.serving ? 'allowed' : 'unreachable', code: 'mute'})),
    options: {drill: watched},
    verdict: 'inconclusive',
    exitCode: 3,
    because: ['no-manual-recovery', 'Not every answer of `server` told which process gave it (`process`)'],
  },
  {
    name: 'an integration that is another process after its rollback alone, as that allows',
    script: () => undefined,
    options: {drill: watched},
    verdict: 'pass',
    exitCode: 0,
  },
  {
    name: 'a release that fails',
    script: (system) => system.script('release mint', throwsBefore(refused)),
    options: {
      drill: {
        capture: {
          ...fakeDrill().capture,
          sibling: {uses: 'fake/mint', on: 'fake', with: {secret: reference('capture.holdings.secret')}},
        },
      },
    },
    verdict: 'inconclusive',
    exitCode: 3,
    because: ['restored', 'What the run made may still be there'],
  },
  {
    name: 'a mark that fails',
    script: (system) => system.script('mark shutdown', throwsBefore(refused)),
    verdict: 'inconclusive',
    exitCode: 3,
    because: ['no-manual-recovery', 'could not be marked'],
  },
  {
    name: "an end of the run's credential that fails",
    script: (system) => system.script('end', throwsBefore(refused)),
    verdict: 'inconclusive',
    exitCode: 3,
    because: ['no-manual-recovery', 'not complete'],
  },
  {
    name: 'an audit record with a gap',
    script: (system) =>
      system.script('read audit', answers({events: [], completeTo: undefined, gaps: ['rotated'], entries: 3})),
    verdict: 'inconclusive',
    exitCode: 3,
    because: ['no-manual-recovery', 'rotated'],
  },
  {
    name: 'an audit record that can not be read',
    script: (system) => system.script('read audit', throwsBefore(refused)),
    verdict: 'inconclusive',
    exitCode: 3,
    because: ['no-manual-recovery', 'could not be read'],
  },
  {
    name: 'notes for the audit that can not be taken',
    script: (system) => system.script('note audit', throwsBefore(refused)),
    verdict: 'inconclusive',
    exitCode: 3,
    because: ['no-manual-recovery', 'could not be read'],
  },
  {
    name: "somebody's change in scope",
    script: (system) =>
      system.script(
        'mark rollback',
        alsoDoes(() => system.record({actor: {kind: 'somebody'}, effect: 'change', path: 'credentials/by-hand'})),
      ),
    verdict: 'fail',
    exitCode: 1,
    because: ['no-manual-recovery', 'credentials/by-hand'],
  },
  {
    name: 'a use by the integration after its last step',
    script: (system) =>
      system.script(
        'mark settle',
        alsoDoes(() => system.record({actor: {kind: 'integration'}, effect: 'use', path: 'orders'})),
      ),
    verdict: 'fail',
    exitCode: 1,
    because: ['access-removed', 'was served after the last step'],
  },
  {
    name: 'a login that is asked sparingly',
    script: () => undefined,
    options: {drill: {access: {...fakeDrill().access, login: access('fake/login')}}},
    verdict: 'pass',
    exitCode: 0,
  },
  {
    name: 'a close that fails',
    script: (system) => {
      system.script('close', throwsBefore(refused));
      system.script('close held', throwsBefore(refused));
    },
    verdict: 'pass',
    exitCode: 0,
  },
];

describe('run/run-drill under faults of probes and records', () => {
  it.concurrent.each(faults)('judges $name', expectFault);
});
