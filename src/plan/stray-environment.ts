import type {Target} from '../contract/target.ts';
import {knownInput} from './known-input.ts';
import type {Plan, PlanSource} from './plan.ts';
import {callsOf} from './rights-needed.ts';

export type StrayEnvironment = {readonly code: 'guard-environment'; readonly name: string; readonly message: string};

/** Without its source, only its secrets tell which variables it names. */
type PlanWithSource = Plan & {readonly source?: PlanSource};

/**
 * The variables that would lead clients and tools of the drill's systems elsewhere than the drill. What the drill names
 * itself, as a secret or by `env.`, is no such variable, nor is another one of the same value.
 */
export function strayEnvironment(
  plan: PlanWithSource,
  env: Readonly<Record<string, string | undefined>>,
): readonly StrayEnvironment[] {
  const variables = notNamed(plan, env);
  const targets = allTargets(plan);
  const stray = [...plan.drivers.values()].flatMap(({name, environment}) => {
    const connections = plan.connections.filter(({driver}) => driver.name === name);
    const inputs = connections.map(({connection, template}) => knownInput(connection.input, template));
    const places = {targets: targets.filter(({kind}) => kind === name), connections: inputs};
    return places.targets.length === 0 ? [] : (environment?.(variables, places) ?? []);
  });
  const once = new Map(stray.toReversed().map((variable) => [variable.name, variable]));
  return [...once.values()].toReversed().map(({name, expected, found}) => ({
    code: 'guard-environment',
    name,
    message: `Expected \`${name}\` of the environment to ${expected}, got ${found}. The drill does not name it, and whatever reads it would touch something else. Unset it.`,
  }));
}

/** Everything that the plan may touch, each once. */
export function allTargets(plan: Plan): readonly Target[] {
  const targets = [
    ...plan.connections.flatMap((one) => one.targets),
    ...callsOf(plan).flatMap(({call}) => call.targets),
  ];
  return [...new Map(targets.map((target) => [JSON.stringify([target.kind, target.address]), target])).values()];
}

function notNamed(
  {secrets, source}: PlanWithSource,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const named = new Set([
    ...Object.keys(source?.env ?? {}),
    ...Object.values(secrets).flatMap((secret) => ('env' in secret ? [secret.env] : [])),
  ]);
  const values = new Set([...named].map((name) => env[name]));
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || named.has(name) || values.has(value) ? [] : [[name, value]],
    ),
  );
}
