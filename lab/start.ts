import {spawn} from 'node:child_process';
import {once} from 'node:events';
import path from 'node:path';
import {startLab} from './lab.ts';

/** The quickstart: the lab up, one drill in it, the lab down. Its exit code is the drill's. */
const [file = 'drills/orders-mcp.yaml', ...more] = process.argv.slice(2);
const drill = path.resolve(process.env.INIT_CWD ?? process.cwd(), file);
const say = (line: string): void => void process.stderr.write(`lab: ${line}\n`);

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // A drill that runs gets the signal too, rolls back by itself, and is waited for.
  process.on(signal, () => interruption.abort(new Error(`Interrupted by ${signal}.`)));
}
process.exitCode = await start().catch((error: unknown) => {
  say(error instanceof Error ? error.message : 'something was thrown that is no error');
  return 3;
});

async function start(): Promise<number> {
  const ports = process.env.OFFDRILL_LAB_PORTS === 'auto' ? {ports: 'auto' as const} : {};
  const lab = await startLab({...ports, log: say, signal: interruption.signal});
  try {
    interruption.signal.throwIfAborted();
    return await runDrill(`${lab.drillCommand} run '${drill.replaceAll("'", `'\\''`)}' --yes ${more.join(' ')}`);
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
  return typeof code === 'number' ? code : 3;
}
