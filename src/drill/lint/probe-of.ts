import type {Driver} from '../../contract/driver.ts';
import type {Capture, Probe} from '../../contract/operation.ts';
import type {OperationCall} from '../drill.ts';

export function probeOf({uses}: OperationCall, drivers: ReadonlyMap<string, Driver>): Probe | undefined {
  const [driver = '', name = ''] = uses.split('/');
  return drivers.get(driver)?.probes[name];
}

export function captureOf({uses}: OperationCall, drivers: ReadonlyMap<string, Driver>): Capture | undefined {
  const [driver = '', name = ''] = uses.split('/');
  return drivers.get(driver)?.captures[name];
}
