import {CommanderError} from 'commander';
import {outliveOutput} from './outlive-output.ts';
import {complain} from './output.ts';
import {createProgram} from './program.ts';

outliveOutput();
process.exitCode = 3;
try {
  process.exitCode = await runProgram(process.argv);
} catch (error) {
  const message = error instanceof Error ? error.message : 'something was thrown that is no error';
  complain(message);
}

/** Commander's own complaints are about usage: 2. Help and version that were asked for are no complaint. */
async function runProgram(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
}
