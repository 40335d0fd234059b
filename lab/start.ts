import {spawn} from 'node:child_process';
import {once} from 'node:events';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {startAnyLab} from './any-lab.ts';
import {defaultPorts, readPorts} from './ports.ts';
import {type LabName, labFor, readVariant} from './variants.ts';

/** The quickstart: `[FILE] [--ports BASE|auto] [--variant NAME]`. The lab up, one drill in it, the lab down. Its exit code is the drill's. */
const say = (line: string): void => void process.stderr.write(`lab: ${line}\n`);

const interruption = new AbortController();
/** The exit code where the drill gives none. */
let exitCode = 3;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // A drill that runs gets the signal too, rolls back by itself, and is waited for.
  process.on(signal, () => {
    exitCode = signal === 'SIGINT' ? 130 : 143;
    interruption.abort(new Error(`Interrupted by ${signal}.`));
  });
}
process.exitCode = await main();

async function main(): Promise<number> {
  const given = readArguments();
  if (given === undefined) return 2;
  return start(given).catch((error: unknown) => {
    say(messageOf(error));
    return exitCode;
  });
}

type Arguments = {readonly file: string; readonly ports: number | 'auto'; readonly variant: LabName};

function readArguments(): Arguments | undefined {
  const base = process.env.OFFDRILL_LAB_PORTS ?? String(defaultPorts);
  try {
    const {values, positionals} = parseArgs({
      options: {ports: {type: 'string', default: base}, variant: {type: 'string'}},
      allowPositionals: true,
    });
    const file = positionals[0] ?? 'drills/orders-mcp.yaml';
    const variant = values.variant === undefined ? labFor(file) : readVariant(values.variant);
    return {file, ports: readPorts(values.ports), variant};
  } catch (error) {
    say(messageOf(error));
    return undefined;
  }
}

async function start({file, ports, variant}: Arguments): Promise<number> {
  const drill = path.resolve(process.env.INIT_CWD ?? process.cwd(), file);
  const lab = await startAnyLab({ports, variant, log: say, signal: interruption.signal});
  try {
    interruption.signal.throwIfAborted();
    return await runDrill(`${lab.drillCommand} run '${drill.replaceAll("'", `'\\''`)}' --yes`);
  } finally {
    await lab.down();
    say('down, nothing left running');
  }
}

async function runDrill(command: string): Promise<number> {
  const child = spawn('sh', ['-c', `exec env ${command}`], {stdio: 'inherit'});
  const forward = (signal: NodeJS.Signals) => () => void child.kill(signal);
  // From a terminal, Ctrl-C reaches the drill by itself; other signals reach this process alone.
  process.on('SIGTERM', forward('SIGTERM'));
  process.on('SIGHUP', forward('SIGHUP'));
  const [code] = await once(child, 'close');
  return typeof code === 'number' ? code : exitCode;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'something was thrown that is no error';
}
