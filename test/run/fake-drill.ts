import type {Diagnostic} from '../../src/contract/diagnostic.ts';
import type {DriverCatalog} from '../../src/contract/driver.ts';
import type {Access, Check, Drill, Step} from '../../src/drill/drill.ts';
import {buildPlan, type PlanInputs} from '../../src/plan/build-plan.ts';
import type {Plan} from '../../src/plan/plan.ts';
import type {Result} from '../../src/util/result.ts';
import {createFakeDriver, type FakeSystem} from '../fixtures/drivers/fake-system.ts';

export const address = 'fake://system';

/** As it stands in a drill file. */
export function reference(path: string): string {
  return `\${{ ${path} }}`;
}

/** An access with the shortest intervals that still tell things apart. */
export function access(uses: string, changes: Partial<Access> = {}): Access {
  const given = uses === 'fake/serve' ? {} : {secret: reference('capture.holdings.secret')};
  return {
    uses,
    on: 'fake',
    with: given,
    session: 'new',
    expect: ['denied'],
    everyMs: 10,
    timeoutMs: 100,
    deniedWithinMs: 400,
    ...changes,
  };
}

export function step(id: string, changes: Partial<Step> = {}): Step {
  return {
    id,
    uses: 'fake/revoke',
    on: 'fake',
    with: {},
    withinMs: 100,
    rollback: {kind: 'own', restarts: []},
    restarts: [],
    ...changes,
  };
}

const serving = (expect: Check['expect']): Check => ({
  uses: 'fake/serve',
  on: 'fake',
  with: {},
  expect,
  timeoutMs: 100,
});

/** Stops the server, and starts it again; both are read back by a check alone. */
export const stopServer: Step = step('stop-server', {
  uses: 'fake/stop',
  check: serving(['unreachable']),
  rollback: {
    kind: 'given',
    call: {uses: 'fake/start', on: 'fake', with: {}},
    withinMs: 100,
    check: serving(['allowed']),
    restarts: [],
  },
});

/** A drill on the fake system that passes, in less than a second. */
export function fakeDrill(changes: Partial<Drill> = {}): Drill {
  return {
    file: 'drill.yaml',
    sha256: '0'.repeat(64),
    version: 1,
    name: 'fake',
    title: 'The fake integration can be removed',
    integration: {name: 'fake', owner: 'somebody@example.com', environment: 'staging', identities: []},
    workloads: [],
    guard: [{kind: 'fake', address, cluster: 'fake-cluster'}],
    secrets: {},
    connections: {fake: {driver: 'fake', with: {address}}},
    capture: {holdings: {uses: 'fake/holdings', on: 'fake', with: {}}},
    access: {
      new: access('fake/credential'),
      held: access('fake/credential', {session: 'held'}),
      server: access('fake/serve', {expect: ['unreachable']}),
    },
    dependents: {
      shop: {
        uses: 'fake/healthy',
        on: 'fake',
        with: {},
        everyMs: 10,
        timeoutMs: 100,
        availability: 1,
        instance: 'json.startedAt',
      },
    },
    shutdown: [stopServer, step('revoke')],
    settleMs: 60,
    restoredWithinMs: 600,
    audit: {fake: {kind: 'source', call: {uses: 'fake/log', on: 'fake', with: {}}, scope: []}},
    doubts: [],
    ...changes,
  };
}

/** Every place stands in a line of its own: 1 for what has one part in its path, 2 for what has two. */
export async function planFakeDrill(
  system: FakeSystem,
  drill: Drill = fakeDrill(),
  inputs: Partial<PlanInputs> = {},
): Promise<Result<Plan, readonly Diagnostic[]>> {
  const driver = createFakeDriver(system);
  const catalog: DriverCatalog = {names: ['fake'], load: async (name) => (name === 'fake' ? driver : undefined)};
  const locate = (path: readonly (string | number)[]) => ({line: path.length, column: 3, length: 5});
  return buildPlan(drill, locate, catalog, {vars: {}, env: {}, base: '/base', ...inputs});
}
