import {type Checking, findOperation, operationsOf} from '../checking.ts';
import {describeValue, listOf} from '../describe-value.ts';
import type {CallKind, OutlinedCall} from '../outline.ts';
import {suggest} from '../suggest.ts';
import {checkInput} from './check-input.ts';

/** Each call names an operation of the kind that belongs there, a connection of its driver, and inputs that it takes. */
export function checkCalls(checking: Checking): void {
  for (const call of checking.outline.calls) {
    if (call.uses === undefined || !/^[^/]+\/[^/]+$/.test(call.uses)) continue;
    const found = findOperation(call, checking.drivers);
    if (found === undefined) {
      reportUnknown(call, call.uses, checking);
      continue;
    }
    checkConnection(call, checking);
    const inputs = {schema: found.operation.input, value: call.with, report: checking.report};
    checkInput({...inputs, path: call.raw.with === undefined ? call.path : [...call.path, 'with']});
  }
}

const kindNames: Readonly<Record<CallKind, {readonly one: string; readonly many: string}>> = {
  action: {one: 'an action', many: 'actions'},
  probe: {one: 'a probe', many: 'probes'},
  capture: {one: 'a capture', many: 'captures'},
  audit: {one: 'an audit source', many: 'audit sources'},
};

const kinds = ['action', 'probe', 'capture', 'audit'] as const satisfies readonly CallKind[];

function reportUnknown(call: OutlinedCall, uses: string, {drivers, driverNames, report}: Checking): void {
  const at = {path: [...call.path, 'uses'], at: 'value'} as const;
  const [driverName = '', name = ''] = uses.split('/');
  const driver = drivers.get(driverName);
  if (driver === undefined) {
    const near = suggest(driverName, driverNames);
    const message = `No driver ${describeValue(driverName)}. There are: ${driverNames.join(', ')}.`;
    report({code: 'unknown-driver', message, ...at, suggestion: near && `${near}/${name}`});
    return;
  }
  const {one, many} = kindNames[call.kind];
  const names = Object.keys(operationsOf(driver, call.kind));
  const others = kinds.filter((kind) => Object.hasOwn(operationsOf(driver, kind), name));
  const existing = `The ${driverName} driver has ${names.length === 0 ? `no ${many}` : `these ${many}: ${names.join(', ')}`}.`;
  const problem =
    others.length === 0
      ? `No operation ${describeValue(uses)}.`
      : `Expected ${one}, got ${describeValue(uses)}, which is ${others.map((kind) => kindNames[kind].one).join(' and ')}.`;
  const near = suggest(name, names);
  report({
    code: 'unknown-operation',
    message: `${problem} ${existing}`,
    ...at,
    suggestion: near && `${driverName}/${near}`,
  });
}

function checkConnection(call: OutlinedCall, {drivers, outline, report}: Checking): void {
  const driverName = call.uses?.split('/')[0] ?? '';
  const needsConnection = drivers.get(driverName)?.connection !== undefined;
  if (!needsConnection) {
    if (call.raw.on === undefined) return;
    const message = `Expected no \`on\`: the ${driverName} driver has no connections. Leave it out.`;
    report({code: 'wrong-connection', message, path: [...call.path, 'on']});
    return;
  }
  const fitting = [...outline.connections].filter(([, {driver}]) => driver === driverName).map(([name]) => name);
  const choice =
    fitting.length === 0
      ? `Declare one under \`connections\`.`
      : `There ${fitting.length === 1 ? 'is' : 'are'}: ${fitting.join(', ')}.`;
  if (call.raw.on !== undefined && typeof call.raw.on !== 'string') return;
  const connection = call.on === undefined ? undefined : outline.connections.get(call.on);
  if (call.on === undefined || (call.inherited && connection?.driver !== driverName)) {
    const message = `Expected \`on\` to name a connection of the ${driverName} driver, got nothing. ${choice}`;
    const suggestion = fitting.length === 1 ? `on: ${fitting[0]}` : undefined;
    report({code: 'missing-connection', message, path: [...call.path, 'uses'], suggestion});
    return;
  }
  const at = {path: [...call.path, 'on'], at: 'value'} as const;
  if (connection === undefined) {
    const message = `No connection ${describeValue(call.on)}. ${choice}`;
    report({code: 'unknown-connection', message, ...at, suggestion: suggest(call.on, fitting)});
  } else if (connection.driver !== driverName && drivers.has(connection.driver ?? '')) {
    const message = `Expected \`on\` to name a connection of the ${driverName} driver, got ${describeValue(call.on)} of ${listOf([connection.driver ?? ''])}. ${choice}`;
    report({code: 'wrong-connection', message, ...at, suggestion: fitting.length === 1 ? fitting[0] : undefined});
  }
}
