import {schemaAt} from '../../contract/secret.ts';
import {type Checking, findOperation} from '../checking.ts';
import {describeValue} from '../describe-value.ts';
import type {OutlinedCall} from '../outline.ts';
import {itemsOf, valueAt} from '../path.ts';
import {suggest} from '../suggest.ts';
import {checkInput} from './check-input.ts';

/** What is expected of an access can come true, and is counted from a step that exists. */
export function checkAccess(checking: Checking): void {
  const {outline, drivers, report} = checking;
  checkCredentials(checking);
  const steps = outline.steps.flatMap(({id}) => id ?? []);
  for (const call of outline.access.values()) {
    const {after, expect, session} = call.raw;
    if (typeof after === 'string' && !steps.includes(after)) {
      const message = `No step ${describeValue(after)}. There are: ${steps.join(', ')}.`;
      report({
        code: 'unknown-step',
        message,
        path: [...call.path, 'after'],
        at: 'value',
        suggestion: suggest(after, steps),
      });
    }
    checkInstance(call, checking);
    const found = findOperation(call, drivers);
    if (found?.kind !== 'probe') continue;
    if (session === 'held' && found.operation.hold === undefined) {
      const message = `Expected a probe that can hold a session, got \`${call.uses}\`. Leave out \`session\`.`;
      report({code: 'not-holdable', message, path: [...call.path, 'session'], at: 'value'});
    }
    const unreachable = itemsOf(expect).indexOf('unreachable');
    if (unreachable !== -1 && found.operation.carriesCredential(call.with)) {
      const message =
        'Expected `denied` alone, got `unreachable` too: this asks with a credential, and stopped is not revoked.';
      report({code: 'unreachable-credential', message, path: [...call.path, 'expect', unreachable], at: 'value'});
    }
  }
}

/** An integration that has an identity holds credentials: that its server is stopped says nothing of them. */
function checkCredentials({document, outline, drivers, report}: Checking): void {
  const identities = itemsOf(valueAt(document.value, ['integration', 'identities']));
  const probes = [...outline.access.values()].map((call) => ({call, found: findOperation(call, drivers)}));
  if (identities.length === 0 || probes.length === 0 || probes.some(({found}) => found?.kind !== 'probe')) return;
  if (probes.some(({call, found}) => found?.kind === 'probe' && found.operation.carriesCredential(call.with))) return;
  report({
    code: 'no-credential',
    message:
      'Expected at least one access that asks with a credential of the integration, got none. It has an identity, and what that holds outlives its server.',
    path: ['access'],
  });
}

/** Each has a name of its own: samples, restarts and reports go by it. */
export function checkDependents(checking: Checking): void {
  const {outline, report} = checking;
  for (const [name, call] of outline.dependents) {
    checkInstance(call, checking);
    if (!outline.access.has(name)) continue;
    const message = `Expected a name of its own, got ${describeValue(name)}, which is an access too.`;
    report({code: 'duplicate-probe', message, path: call.path});
  }
}

/** Which process answered is told by a probe that can see it. */
function checkInstance(call: OutlinedCall, {drivers, report}: Checking): void {
  const found = findOperation(call, drivers);
  const {instance} = call.raw;
  if (found !== undefined && call.with.instance !== undefined) {
    const message = 'Expected `instance` beside `with`, got it inside: there nobody compares it.';
    report({code: 'no-instance', message, path: [...call.path, 'with', 'instance']});
  }
  if (found === undefined || instance === undefined) return;
  const path = [...call.path, 'instance'];
  const schema = schemaAt(found.operation.input, ['instance']);
  if (schema !== undefined) checkInput({schema, value: instance, path, report});
  else {
    const message = `Expected a probe that can tell one process from the next, got \`${call.uses}\`. Leave out \`instance\`.`;
    report({code: 'no-instance', message, path});
  }
}
