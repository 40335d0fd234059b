import type {NeededRight, Session} from '../../contract/driver.ts';
import type {Lack, Need} from '../../contract/operation.ts';
import type {Plan, PlannedConnection} from '../../plan/plan.ts';
import {rightsNeeded} from '../../plan/rights-needed.ts';
import type {Finding} from '../../report/finding.ts';
import {failureOf} from '../../run/context.ts';
import {inputOf} from '../build-policies.ts';

/** What the connection's credential lacks for this drill, each with the statement that gives it. */
export async function examineRights(
  connection: PlannedConnection,
  plan: Plan,
  session: Session,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  if (session.missing === undefined) return [];
  const {driver, name} = connection;
  if (logsIn(connection)) {
    return [{state: 'warn', check: 'permission', subject: name, message: `not asked, since ${whyNotAsked}`}];
  }
  const asked = rightsNeeded(plan, name);
  const rights = driver.policy?.complete(asked, inputOf(connection)) ?? asked;
  try {
    const lacks = await session.missing(rights, signal);
    const unknown = describeUnknown(connection, rights, lacks);
    const lacking = new Map(lacks.filter((lack) => lack.unknown === undefined).map((need) => [need.path, need]));
    const findings = rights.flatMap((right) => {
      const lack = lacking.get(right.path);
      return lack === undefined ? [] : [describeLack(connection, {...right, capabilities: lack.capabilities}, right)];
    });
    const rest = [...lacking.values()].filter(({path}) => !rights.some((right) => right.path === path));
    const others = rest.map((need) => describeLack(connection, {...need, neededBy: ['the connection itself']}));
    if (findings.length + others.length + unknown.length > 0) return [...findings, ...others, ...unknown];
    const message = rights.length === 0 ? 'nothing needs a right there' : `all ${rights.length} rights are there`;
    return [{state: 'ok', check: 'permission', subject: name, message}];
  } catch (error) {
    return [{state: 'fail', check: 'permission', subject: name, message: failureOf(error).message}];
  }
}

/** What nobody can tell stops no run: it is said once for each reason. */
function describeUnknown(
  {name}: PlannedConnection,
  rights: readonly NeededRight[],
  lacks: readonly Lack[],
): readonly Finding[] {
  const unknown = lacks.filter((lack) => lack.unknown !== undefined);
  return [...Map.groupBy(unknown, (lack) => lack.unknown)].map(([why, of]): Finding => {
    const isAll = countOf(of) === countOf(rights);
    const which = of.map(({path, capabilities}) => `${capabilities.join(', ')} on \`${path}\``).join('; ');
    return {
      state: 'warn',
      check: 'permission',
      subject: name,
      message: `Nobody can tell whether its credential has ${isAll ? `any of the ${rights.length} rights` : which}, since ${why}. One that is missing shows at the step that needs it.`,
    };
  });
}

function countOf(needs: readonly Need[]): number {
  return needs.reduce((sum, {capabilities}) => sum + capabilities.length, 0);
}

/** A login mints a token, and whoever looks on leaves none behind. */
export function logsIn(connection: PlannedConnection): boolean {
  return connection.driver.logsIn?.(inputOf(connection)) ?? false;
}

export const whyNotAsked =
  'the operator would have to log in for it, which mints a token; `offdrill run --until baseline` tells';

/** The whole rule mends it, since one path has one rule. */
function describeLack(connection: PlannedConnection, lacking: NeededRight, whole: NeededRight = lacking): Finding {
  const {capabilities, neededBy, path, without} = lacking;
  const what = `${capabilities.join(', ')} on \`${path}\``;
  const can =
    without === undefined ? 'and it has not' : `and it has not, as far as can be seen. Without it, ${without}`;
  const mend = mendingOf(connection, whole);
  return {
    state: without === undefined ? 'fail' : 'warn',
    check: 'permission',
    subject: connection.name,
    message: `Expected its credential to have ${what}, ${can}. Needed by ${neededBy.join(', ')}.`,
    ...(mend === undefined ? {} : {mend}),
  };
}

/** The statement alone: who needs it is said already. */
function mendingOf(connection: PlannedConnection, right: NeededRight): string | undefined {
  const {policy} = connection.driver;
  const isRemark = (line: string): boolean => policy?.comment !== undefined && line.startsWith(policy.comment);
  return policy
    ?.render([right], inputOf(connection))
    .split('\n')
    .filter((line) => line !== '' && !isRemark(line))
    .join('\n');
}
