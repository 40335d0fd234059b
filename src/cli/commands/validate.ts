import {planDrill} from '../../api/read-drill.ts';
import {sanitize} from '../../util/sanitize.ts';
import type {SharedOptions} from '../options.ts';
import {complain, print, printJson, say, takesColor} from '../output.ts';
import {readSurroundings} from '../surroundings.ts';

/** Says all that is wrong with each file, and what it can't prove. 0 when nothing is wrong, 2 otherwise; with `strict`, warnings count. */
export async function validateCommand(
  files: readonly string[],
  options: SharedOptions & {readonly json?: boolean; readonly strict?: boolean},
): Promise<number> {
  const surroundings = await readSurroundings(options);
  if (!surroundings.ok) {
    complain(surroundings.error);
    return 2;
  }
  const {vars, varsGiven} = surroundings.value;
  const color = takesColor(process.stderr, options);
  const diagnostics = [];
  let valid = true;
  for (const file of files) {
    const planned = await planDrill({file, ...(varsGiven ? {vars} : {})});
    const problems = planned.ok ? planned.value.warnings : planned.error;
    const isValid = planned.ok && (options.strict !== true || problems.diagnostics.length === 0);
    valid &&= isValid;
    diagnostics.push(...problems.diagnostics);
    if (options.json !== true && problems.diagnostics.length > 0) say(problems.render({color}));
    if (options.json !== true && isValid) print(sanitize(`${file}: valid`));
  }
  if (options.json === true) printJson({version: 1, valid, diagnostics});
  return valid ? 0 : 2;
}
