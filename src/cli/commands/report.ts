import {findRun} from '../../api/list-runs.ts';
import {readRun} from '../../api/read-run.ts';
import {renderJunit, renderReport} from '../../api/render.ts';
import type {SharedOptions} from '../options.ts';
import {complain, print, printJson, takesColor} from '../output.ts';

/** Renders what the journal says, judged anew. 0, 2 where there is no such run, 3 where its journal can't be judged. */
export async function reportCommand(
  name: string | undefined,
  options: SharedOptions & {readonly format: 'text' | 'json' | 'junit'},
): Promise<number> {
  const found = await findRun(options.stateDir, name);
  if (found === undefined) {
    complain(
      name === undefined
        ? `No run is recorded in \`${options.stateDir}\`.`
        : `Expected a run \`${name}\` in \`${options.stateDir}\`, and there is none. \`offdrill list\` shows them.`,
    );
    return 2;
  }
  const {entries, result} = readRun(found.folder);
  if (entries.at(-1)?.type !== 'run.finished') {
    complain(
      `\`${found.run}\` has not ended: this is how far it came. If it was cut off, \`offdrill resume\` goes on with it.`,
    );
  }
  if (options.format === 'json') printJson(result);
  else if (options.format === 'junit') print(renderJunit(result, entries));
  else print(renderReport(result, {color: takesColor(process.stdout, options), width: process.stdout.columns || 100}));
  return 0;
}
