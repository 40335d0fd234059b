import type {Driver} from '../contract/driver.ts';
import type {Action, AuditSource, Capture, Probe} from '../contract/operation.ts';
import type {Document} from './document.ts';
import type {CallKind, Outline, OutlinedCall} from './outline.ts';
import type {Report} from './reporter.ts';

/** All that a rule is given. A rule reports what it finds and says nothing of what it can't read. */
export type Checking = {
  readonly outline: Outline;
  readonly document: Document;
  /** Of all drivers, also those that were not loaded. */
  readonly driverNames: readonly string[];
  /** Those that the drill names. */
  readonly drivers: ReadonlyMap<string, Driver>;
  readonly report: Report;
  /** Undefined where they are not known yet. */
  readonly vars: Readonly<Record<string, unknown>> | undefined;
  readonly env: Readonly<Record<string, string | undefined>> | undefined;
};

export type Operation = Action | Probe | Capture | AuditSource;

type Found<Kind> = {readonly kind: Kind; readonly driver: Driver; readonly name: string};

/** The operation that a call names; undefined where there is none of that kind. */
export type FoundOperation =
  | (Found<'action'> & {readonly operation: Action})
  | (Found<'probe'> & {readonly operation: Probe})
  | (Found<'capture'> & {readonly operation: Capture})
  | (Found<'audit'> & {readonly operation: AuditSource});

export function findOperation(call: OutlinedCall, drivers: ReadonlyMap<string, Driver>): FoundOperation | undefined {
  const [driverName = '', name = ''] = call.uses?.split('/') ?? [];
  const driver = drivers.get(driverName);
  if (driver === undefined) return undefined;
  const found = {driver, name};
  switch (call.kind) {
    case 'action': {
      const operation = own(driver.actions, name);
      return operation && {...found, kind: 'action', operation};
    }
    case 'probe': {
      const operation = own(driver.probes, name);
      return operation && {...found, kind: 'probe', operation};
    }
    case 'capture': {
      const operation = own(driver.captures, name);
      return operation && {...found, kind: 'capture', operation};
    }
    case 'audit': {
      const operation = own(driver.audits, name);
      return operation && {...found, kind: 'audit', operation};
    }
  }
}

/** The operations of one kind, by name. */
export function operationsOf(driver: Driver, kind: CallKind): Readonly<Record<string, Operation>> {
  return {action: driver.actions, probe: driver.probes, capture: driver.captures, audit: driver.audits}[kind];
}

/** Names come from the file: `constructor` must not find what every object has. */
function own<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
