import {randomUUID} from 'node:crypto';
import path from 'node:path';
import {
  canRepaint,
  chooseReporter,
  createProgress,
  type Progress,
  type Reporter,
  renderLeftSteps,
  renderReport,
  withoutCommands,
} from '../api/render.ts';
import {type FinishedRun, Interruption} from '../api/run-drill.ts';
import type {PlanRecord} from '../contract/plan-record.ts';
import {stepsThatAsk} from '../contract/steps-that-ask.ts';
import {createSystemClock} from '../util/system-clock.ts';
import type {ShownRunOptions} from './options.ts';
import {complain, print, printJson, say, takesColor} from './output.ts';

/** One run on this terminal, or in this log: how it is shown, and how signals reach it. */
export type RunView = {
  readonly clock: ReturnType<typeof createSystemClock>;
  readonly interruption: Interruption;
  readonly onEntry: Progress['entry'];
  readonly onSample: Progress['sample'];
  /** Shown from here on: a plan tells what there is to show. */
  begin(plan: PlanRecord): void;
  /** Prints what the run came to. Returns the exit code. */
  end(finished: FinishedRun): number;
  /** Safe to call twice. */
  close(): void;
};

/** Undefined, and said why, where it can't be shown as asked. */
export function createRunView(options: ShownRunOptions): RunView | undefined {
  const terminal = {stream: process.stderr, env: process.env};
  const reporter = options.reporter ?? chooseReporter(terminal);
  if (reporter === 'live' && !canRepaint(terminal)) {
    complain('Expected a terminal for --reporter live, and there is none. Use --reporter line.');
    return undefined;
  }
  const clock = createSystemClock();
  const interruption = new Interruption();
  const stopListening = listenForSignals(interruption);
  const color = takesColor(process.stderr, options);
  let progress: Progress | undefined;
  return {
    clock,
    interruption,
    onEntry: (entry) => progress?.entry(entry),
    onSample: (sample) => progress?.sample(sample),
    begin: (plan) => {
      // What is painted anew all the time would paint over a question.
      const fitting = stepsThatAsk(plan).length > 0 && reporter === 'live' ? 'line' : reporter;
      progress = createProgress({...terminal, reporter: fitting, color, clock, plan});
    },
    end: (finished) => {
      progress?.judged(finished.result);
      progress?.close();
      printResult(finished, reporter, options);
      return finished.result.exitCode;
    },
    close: () => {
      progress?.close();
      stopListening();
    },
  };
}

function printResult(
  {result, folder, reportFile, unrecorded}: FinishedRun,
  reporter: Reporter,
  options: ShownRunOptions,
): void {
  if (options.json === true) {
    printJson(result);
  } else {
    const report = renderReport(result, {
      color: takesColor(process.stdout, options),
      width: process.stdout.columns || 100,
    });
    const text = `\n${report}${reportFile === undefined ? '' : `\nReport  ${shortest(reportFile)}`}`;
    print(reporter === 'github' ? withoutCommands(text, randomUUID()) : text);
  }
  sayLeft(result.left, {isWhole: result.exitCode !== 4});
  if (unrecorded !== undefined) {
    complain(
      `${unrecorded} What is told above is from memory, and proves nothing: the record in ${shortest(folder)} does not go on to its end. When it can be written again, \`offdrill resume ${result.run}\` looks at staging once more and finishes it.`,
    );
  }
}

/** On stderr too: what is left to do must not be missed where the report goes to a file. */
export function sayLeft(left: readonly string[], {isWhole = false}: {readonly isWhole?: boolean} = {}): void {
  if (left.length === 0) return;
  say(`\nLeft to do by hand: ${isWhole ? 'staging is as it was, but for this.' : 'staging is not as it was.'}`);
  for (const line of renderLeftSteps(left, process.stderr.columns || 100)) say(line);
}

/** Relative to where the command was typed, where the file is below. */
function shortest(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') ? file : relative;
}

/**
 * The first signal starts rollback, the second warns, the third gives up. An error that nobody caught does not end the
 * process with staging half-done: it starts rollback too. Returns how to stop listening.
 */
function listenForSignals(interruption: Interruption): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onError = (error: unknown): void => {
    // Its message may hold what was sent.
    const {name = 'no error', code} = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
    complain(`Expected every error to be caught, and ${code ?? name} was not: no new steps; rolling back.`);
    interruption.interrupt('exception');
  };
  const handlers = [
    ...signals.map((signal) => [signal, () => interruption.interrupt(signal)] as const),
    ['uncaughtException', onError] as const,
    ['unhandledRejection', onError] as const,
  ];
  for (const [name, handler] of handlers) process.on(name, handler);
  return () => {
    for (const [name, handler] of handlers) process.off(name, handler);
  };
}
