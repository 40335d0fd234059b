import {failureOf} from './context.ts';
import type {RunInputs} from './create-runtime.ts';
import {guarded} from './guarded.ts';
import {endCredentials} from './phases/audit.ts';
import {scanRunFolder} from './phases/scan.ts';
import type {Runtime} from './runtime.ts';
import {releaseCaptures} from './take-capture.ts';
import {within} from './until-aborted.ts';

/** Drivers bound their own calls; this holds for what does not end all the same. */
const cleanUpLimitMs = 10_000;

/** Ends whatever is still open: probes, what captures made, the run's own credentials, connections. What does not end in time is said, and left. */
export async function cleanUp(runtime: Runtime): Promise<void> {
  const endings: readonly (readonly [where: string, end: () => Promise<void>])[] = [
    ['clean-up', () => runtime.probes.stop(runtime.journal)],
    ['clean-up', () => releaseCaptures(runtime)],
    ['clean-up', () => endCredentials(runtime)],
    ...[...runtime.sessions].map(([name, session]) => [`close of ${name}`, () => session.close()] as const),
  ];
  for (const [where, end] of endings) {
    try {
      await within(cleanUpLimitMs, end);
    } catch (error) {
      runtime.journal({type: 'trouble', data: {where, ...failureOf(error)}});
    }
  }
  runtime.sessions.clear();
}

/** The digest of the samples, and the search of every file of the run for every secret known to it. */
export async function closeRecord(runtime: Runtime, inputs: RunInputs): Promise<void> {
  try {
    runtime.journal({type: 'samples.closed', data: await inputs.samples.close()});
  } catch (error) {
    runtime.journal({type: 'trouble', data: {where: 'samples', ...failureOf(error)}});
  }
  await guarded(runtime, 'scan', async () => {
    runtime.journal({type: 'scan.finished', data: await scanRunFolder(inputs.folder, inputs.redactor)});
  });
}
