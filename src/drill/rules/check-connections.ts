import type {Checking} from '../checking.ts';
import {describeValue} from '../describe-value.ts';
import {suggest} from '../suggest.ts';
import {checkInput} from './check-input.ts';

/** Each connection names a driver that has connections, and gives it what it needs. */
export function checkConnections({outline, drivers, driverNames, report}: Checking): void {
  for (const [name, {driver: driverName, with: value}] of outline.connections) {
    if (driverName === undefined) continue;
    const path = ['connections', name];
    const at = {path: [...path, 'driver'], at: 'value'} as const;
    const driver = drivers.get(driverName);
    if (driver === undefined) {
      const message = `No driver ${describeValue(driverName)}. There are: ${driverNames.join(', ')}.`;
      report({code: 'unknown-driver', message, ...at, suggestion: suggest(driverName, driverNames)});
    } else if (driver.connection === undefined) {
      const message = `Expected a driver that has connections, got ${describeValue(driverName)}, which has none. Leave it out, with \`on\`.`;
      report({code: 'wrong-connection', message, ...at});
    } else {
      checkInput({schema: driver.connection.input, value, path, report});
    }
  }
}
