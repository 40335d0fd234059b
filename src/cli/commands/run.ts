import {randomUUID} from 'node:crypto';
import path from 'node:path';
import {createInterface} from 'node:readline/promises';
import {
  canRepaint,
  chooseReporter,
  createProgress,
  renderPlan,
  renderReport,
  withoutCommands,
} from '../../api/render.ts';
import {Interruption, runDrill} from '../../api/run-drill.ts';
import {createSystemClock} from '../../util/system-clock.ts';
import type {RunCommandOptions} from '../options.ts';
import {complain, print, say, takesColor} from '../output.ts';
import {planFile} from '../plan-file.ts';

/** One drill, from the question to the verdict. The exit code is the verdict's. */
export async function runCommand(file: string, options: RunCommandOptions): Promise<number> {
  if (options.yes !== true && !(process.stdin.isTTY && process.stderr.isTTY)) {
    complain(
      'Expected a terminal to ask for the name of the integration, and there is none. Pass --yes to run without being asked.',
    );
    return 2;
  }
  const terminal = {stream: process.stderr, env: process.env};
  const reporter = options.reporter ?? chooseReporter(terminal);
  if (reporter === 'live' && !canRepaint(terminal)) {
    complain('Expected a terminal for --reporter live, and there is none. Use --reporter line.');
    return 2;
  }
  const planned = await planFile(file, options);
  if (planned === undefined) return 2;
  const {plan, env} = planned;
  say(renderPlan(plan.record, {width: process.stderr.columns || 100}));
  if (options.yes !== true && !(await confirmed(plan.record.integration.name, options.until))) return 2;

  const clock = createSystemClock();
  const interruption = new Interruption();
  const stopListening = listenForSignals(interruption);
  const color = takesColor(process.stderr, options);
  const progress = createProgress({...terminal, reporter, color, clock, plan: plan.record});
  try {
    const run = await runDrill({
      plan,
      env,
      stateDir: options.stateDir,
      clock,
      interruption,
      maxDurationMs: options.maxDuration,
      ...(options.until === undefined ? {} : {until: options.until}),
      onEntry: progress.entry,
      onSample: progress.sample,
    });
    if (run.ok) progress.judged(run.value.result);
    progress.close();
    if (!run.ok) {
      for (const {message} of run.error) complain(message);
      return 2;
    }
    const {result, reportFile} = run.value;
    if (options.json === true) print(JSON.stringify(result, null, 2));
    else {
      const report = renderReport(result, {
        color: takesColor(process.stdout, options),
        width: process.stdout.columns || 100,
      });
      const text = `\n${report}\nReport  ${shortest(reportFile)}`;
      print(reporter === 'github' ? withoutCommands(text, randomUUID()) : text);
    }
    return result.exitCode;
  } finally {
    progress.close();
    stopListening();
  }
}

/** Relative to where the command was typed, where the file is below. */
function shortest(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') ? file : relative;
}

async function confirmed(integration: string, until: 'baseline' | undefined): Promise<boolean> {
  const what =
    until === undefined
      ? `This removes \`${integration}\` and brings it back.`
      : 'This captures and probes, and changes nothing.';
  const terminal = createInterface({input: process.stdin, output: process.stderr});
  try {
    const answer = await terminal.question(`${what} Type the name of the integration to go on: `);
    if (answer.trim() === integration) return true;
    complain(`Expected \`${integration}\`. Nothing was touched.`);
    return false;
  } finally {
    terminal.close();
  }
}

/** The first signal starts rollback, the second warns, the third gives up. Returns how to stop listening. */
function listenForSignals(interruption: Interruption): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const handlers = signals.map((signal) => [signal, () => interruption.interrupt(signal)] as const);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}
