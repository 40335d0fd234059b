import {renderTarget} from '../contract/target.ts';
import {knownInput} from '../plan/known-input.ts';
import type {Plan, PlannedConnection} from '../plan/plan.ts';
import {rightsNeeded} from '../plan/rights-needed.ts';
import {err, ok, type Result} from '../util/result.ts';
import {loadAllDrivers} from './catalog.ts';

export type Policy = {readonly connection: string; readonly policy: string};

/** The least policy for a drill on each connection of one driver. Asks no server, and needs no secret. */
export async function buildPolicies(plan: Plan, driverName: string): Promise<Result<readonly Policy[], string>> {
  const drivers = (await loadAllDrivers()).filter(({policy}) => policy !== undefined);
  if (!drivers.some(({name}) => name === driverName)) {
    const names = drivers.map(({name}) => `\`${name}\``).join(', ');
    return err(`Expected a driver whose rights a policy gives, got \`${driverName}\`. There are: ${names}.`);
  }
  const connections = plan.connections.filter(({driver}) => driver.name === driverName);
  if (connections.length === 0) {
    return err(`Expected a connection with \`driver: ${driverName}\` in ${plan.record.drill.file}, found none.`);
  }
  return ok(connections.map((connection) => ({connection: connection.name, policy: renderPolicy(plan, connection)})));
}

function renderPolicy(plan: Plan, connection: PlannedConnection): string {
  const {policy} = connection.driver;
  if (policy === undefined) throw new Error(`\`${connection.driver.name}\` has no policies`);
  const {drill} = plan.record;
  const at = connection.targets.map(renderTarget).join(', ');
  const head = [
    `The least that the drill ${drill.name} needs on connection ${connection.name}, ${at}`,
    `From ${drill.file}, sha256 ${drill.sha256}`,
  ];
  const input = inputOf(connection);
  const rules = policy.render(policy.complete(rightsNeeded(plan, connection.name), input), input);
  return policy.comment === undefined
    ? rules
    : `${head.map((line) => `${policy.comment} ${line}\n`).join('')}\n${rules}`;
}

export function inputOf({connection, template}: PlannedConnection): ReturnType<typeof knownInput> {
  return knownInput(connection.input, template);
}
