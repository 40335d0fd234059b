import type {Checking} from '../checking.ts';
import {quote} from '../describe-value.ts';
import type {OutlinedCall} from '../outline.ts';
import type {Path} from '../path.ts';
import {suggest} from '../suggest.ts';

/** Each system that the drill changes has a record that is read, or a reason why nobody keeps one. */
export function checkAudit(checking: Checking): void {
  const {outline, drivers, report} = checking;
  for (const [system, path] of changedSystems(checking)) {
    if (outline.audits.has(system)) continue;
    const message = `Expected \`audit\` to say who records what happens to \`${system}\`, which this changes. Name a source, or say \`{blind: why}\`.`;
    report({code: 'missing-audit', message, path});
  }

  const withoutConnection = [...drivers.values()].filter(
    ({connection, actions}) => connection === undefined && Object.keys(actions).length > 0,
  );
  const known = [...outline.connections.keys(), ...withoutConnection.map(({name}) => name)];
  for (const [name, call] of outline.audits) {
    if (!known.includes(name)) {
      const message = `Expected a connection, or a driver without one that this drill uses, got ${quote(name)}. There are: ${known.join(', ')}.`;
      report({code: 'unknown-audit', message, path: call.path, suggestion: suggest(name, known)});
    }
    checkForm(call, report);
  }
}

/** By the name under which it is audited, the first step or rollback that changes it. */
function changedSystems({outline, drivers}: Checking): ReadonlyMap<string, Path> {
  const changed = new Map<string, Path>();
  const calls = outline.steps.flatMap(({call, rollbackCall}) =>
    rollbackCall === undefined ? [call] : [call, rollbackCall],
  );
  for (const call of calls) {
    const driver = drivers.get(call.uses?.split('/')[0] ?? '');
    if (driver === undefined) continue;
    const system = driver.connection === undefined ? driver.name : call.on;
    const isKnown = driver.connection === undefined || outline.connections.has(system ?? '');
    if (system !== undefined && isKnown && !changed.has(system)) changed.set(system, [...call.path, 'uses']);
  }
  return changed;
}

function checkForm({raw, path}: OutlinedCall, report: Checking['report']): void {
  const [stray] = ['uses', 'on', 'with', 'scope'].filter((key) => raw[key] !== undefined);
  if (raw.blind !== undefined && stray !== undefined) {
    report({
      code: 'bad-audit',
      message: `Expected \`blind\` alone, got \`${stray}\` beside it.`,
      path: [...path, stray],
    });
  } else if (raw.blind === undefined && raw.uses === undefined) {
    report({code: 'bad-audit', message: 'Expected `uses`, or `{blind: why}`, got neither.', path});
  }
}
