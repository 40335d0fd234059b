import type {Session} from '../../contract/driver.ts';
import type {Context} from '../../contract/operation.ts';
import type {Plan, PlannedAudit, PlannedConnection} from '../../plan/plan.ts';
import type {Finding} from '../../report/finding.ts';
import {failureOf} from '../../run/context.ts';
import type {Examining} from './examine-connection.ts';
import {logsIn, whyNotAsked} from './examine-rights.ts';

/** Whether each record that answers who changed something can be read and grows; what has none is said. */
export async function examineAudits(
  examining: Examining,
  sessions: ReadonlyMap<string, Session>,
): Promise<readonly Finding[]> {
  const {plan} = examining;
  const blind = Object.entries(plan.record.audit).flatMap(([subject, audit]): Finding[] =>
    'blind' in audit
      ? [{state: 'ok', check: 'audit', subject, message: `not recorded, as the drill says: ${audit.blind}`}]
      : [],
  );
  const looked = await Promise.all(plan.audits.map((audit) => examineAudit(audit, examining, sessions)));
  return [...looked, ...blind];
}

async function examineAudit(
  {system, call}: PlannedAudit,
  examining: Examining,
  sessions: ReadonlyMap<string, Session>,
): Promise<Finding> {
  const finding = {check: 'audit', subject: system} as const;
  const connection = call.on === undefined ? undefined : sessions.get(call.on);
  if (call.on !== undefined && connection === undefined) {
    return {...finding, state: 'warn', message: `not looked at, since connection \`${call.on}\` does not serve`};
  }
  const planned = examining.plan.connections.find(({name}) => name === call.on);
  if (planned !== undefined && logsIn(planned)) {
    return {...finding, state: 'warn', message: `not looked at, since ${whyNotAsked}`};
  }
  const look = lookOf(call.uses, examining.plan.connections);
  if (look === undefined) {
    return {
      ...finding,
      state: 'warn',
      message: `\`${call.uses}\` can't be looked at without a run: use --until baseline`,
    };
  }
  try {
    return {...finding, ...(await look(examining.values.input(call, 1), contextOf(examining, connection)))};
  } catch (error) {
    return {...finding, state: 'fail', message: failureOf(error).message};
  }
}

function lookOf(uses: string, connections: Plan['connections']) {
  const [driverName, name = ''] = uses.split('/');
  const driver = connections.map((planned: PlannedConnection) => planned.driver).find((one) => one.name === driverName);
  return driver?.auditLooks !== undefined && Object.hasOwn(driver.auditLooks, name)
    ? driver.auditLooks[name]
    : undefined;
}

/** Nothing is journalled, since no run is. */
function contextOf({open}: Examining, connection: unknown): Context {
  const confirm = async (): Promise<never> => {
    throw new Error('Nobody is asked by what only looks.');
  };
  return {...open, connection, call: (_name, fn) => fn(), confirm, draining: () => undefined};
}
