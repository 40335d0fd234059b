import {buildDrillSchema} from '../../api/drill-schema.ts';
import {print} from '../output.ts';

export async function schemaCommand(): Promise<number> {
  print(await buildDrillSchema());
  return 0;
}
