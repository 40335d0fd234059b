import {listRunNames} from '../../api/list-run-names.ts';
import type {SharedOptions} from '../options.ts';
import {print} from '../output.ts';

/** As runs are named. A folder of another name is not offered: a shell would have to be told what in it is text. */
const runName = /^[\w.-]+$/;

/** What completion scripts ask for while somebody types: the runs of a state folder, the newest first, a line each. */
export async function completeCommand(options: SharedOptions): Promise<number> {
  const names = await listRunNames(options.stateDir);
  for (const name of names.toReversed()) if (runName.test(name)) print(name);
  return 0;
}
