import type {Clock} from '../../contract/clock.ts';
import type {OpenContext, Session} from '../../contract/driver.ts';
import type {Plan} from '../../plan/plan.ts';
import {strayEnvironment} from '../../plan/stray-environment.ts';
import {createRedactor} from '../../redact/redactor.ts';
import type {Examination, Finding} from '../../report/finding.ts';
import {Values} from '../../run/values.ts';
import type {RunnablePlan} from '../read-drill.ts';
import {examineAudits} from './examine-audits.ts';
import {examineCommands} from './examine-commands.ts';
import {type ExaminedConnection, type Examining, examineConnection} from './examine-connection.ts';
import {examineDeliveries} from './examine-deliveries.ts';
import {examineSecrets} from './examine-secrets.ts';

export type ExamineOptions = {
  readonly plan: Plan & Partial<Pick<RunnablePlan, 'source'>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/** Everything that a drill needs, looked at all at once. Mints, writes and changes nothing: servers are asked who they are and what may be done. */
export async function examineDrill({plan, env, clock, signal}: ExamineOptions): Promise<Examination> {
  const redactor = createRedactor();
  const stray = examineEnvironment(plan, env);
  const {secrets, findings: ofSecrets} = await examineSecrets(plan, {env, redactor});
  const values = new Values();
  values.setSecrets(1, secrets);
  const open: OpenContext = {
    signal,
    clock,
    redactor,
    run: 'doctor',
    base: plan.base,
    own: () => undefined,
    owns: () => false,
    owned: () => [],
    ownedEarlier: () => [],
  };
  const secretsMissing = Object.keys(plan.secrets).filter((name) => !secrets.has(name));
  const examining: Examining = {plan, values, secretsMissing, open};

  const local = Promise.all([examineCommands(plan, env), examineDeliveries(plan)]);
  const connections = await Promise.all(plan.connections.map((connection) => examineConnection(connection, examining)));
  const sessions = sessionsOf(plan, connections);
  try {
    const ofAudits = await examineAudits(examining, sessions);
    const findings = [
      ...stray,
      ...ofSecrets,
      ...connections.flatMap((connection) => connection.findings),
      ...ofAudits,
      ...(await local).flat(),
    ].map((finding) => redacted(finding, (text) => redactor.redact(text)));
    const isRefused = stray.length > 0 || connections.some((connection) => connection.isRefused);
    const fails = findings.some(({state}) => state === 'fail');
    const {name, file, sha256} = plan.record.drill;
    return {version: 1, drill: {name, file, sha256}, exitCode: isRefused ? 2 : fails ? 3 : 0, findings};
  } finally {
    await Promise.all([...sessions.values()].map((session) => session.close()));
  }
}

function examineEnvironment(plan: ExamineOptions['plan'], env: ExamineOptions['env']): readonly Finding[] {
  return strayEnvironment(plan, env).map(({name, message}) => ({
    state: 'fail',
    check: 'environment',
    subject: name,
    message,
    mend: `unset ${name}`,
  }));
}

function sessionsOf(plan: Plan, connections: readonly ExaminedConnection[]): ReadonlyMap<string, Session> {
  return new Map(
    plan.connections.flatMap(({name}, index): [string, Session][] => {
      const session = connections[index]?.session;
      return session === undefined ? [] : [[name, session]];
    }),
  );
}

function redacted({mend, ...finding}: Finding, redact: (text: string) => string): Finding {
  return {...finding, message: redact(finding.message), ...(mend === undefined ? {} : {mend: redact(mend)})};
}
