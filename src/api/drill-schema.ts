import {buildSchema} from './build-schema.ts';
import {loadAllDrivers} from './catalog.ts';

/** The text of `drill.schema.json`. */
export async function buildDrillSchema(): Promise<string> {
  return `${JSON.stringify(buildSchema(await loadAllDrivers()), null, 2)}\n`;
}
