import path from 'node:path';
import {parseArgs} from 'node:util';
import {findLab, type Lab, startLab} from './lab.ts';
import {partNames, stoppableNames} from './parts.ts';
import {readPorts} from './ports.ts';
import {readVariant, variantNames, variants} from './variants.ts';

const usage = `npm run lab -- up [--ports BASE|auto]   start everything, and return when it is whole
               [--variant NAME]         ${variantNames.join(', ')}
npm run lab -- down                     end everything, and remove its data
npm run lab -- status [--json|--check]  addresses, and a command line for drills
npm run lab -- stop NAME                stop ${stoppableNames.join(', ')}
npm run lab -- start NAME               start it again, but openbao, whose data is in memory
`;
const beginAnew = '`down` ends the rest, and `up` begins anew.';

process.exitCode = await runCommand().catch((error: unknown) => {
  say(error instanceof Error ? error.message : 'something was thrown that is no error');
  return 1;
});

async function runCommand(): Promise<number> {
  const {values, positionals} = parseArgs({
    allowPositionals: true,
    options: {
      ports: {type: 'string'},
      home: {type: 'string'},
      variant: {type: 'string'},
      json: {type: 'boolean'},
      check: {type: 'boolean'},
      help: {type: 'boolean'},
    },
  });
  const home = path.resolve(values.home ?? process.cwd());
  const [command, name] = positionals;
  if (command === 'up') return up(home, values);
  if (command === 'down') return down(home);
  if (command === 'status') return status(await findLab(home), values);
  if (command === 'stop' && isOneOf(stoppableNames, name)) {
    await (await requireLab(home)).stop(name);
    if (name === 'openbao') say(`openbao is stopped, and its data, in memory, is gone: ${beginAnew}`);
    return 0;
  }
  if (command === 'start' && name === 'openbao') {
    throw new Error(`Expected a part that can be started again, got openbao, whose data is in memory: ${beginAnew}`);
  }
  if (command === 'start' && isOneOf(partNames, name)) {
    await (await requireLab(home)).start(name);
    return 0;
  }
  process.stderr.write(usage);
  return values.help === true ? 0 : 2;
}

async function up(
  home: string,
  {ports, variant}: {readonly ports?: string | undefined; readonly variant?: string | undefined},
): Promise<number> {
  const shape = variant === undefined ? {} : {variant: readVariant(variant)};
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interruption.abort(new Error(`Interrupted by ${signal}: nothing is left running.`)));
  }
  const base = ports === undefined ? {} : {ports: readPorts(ports)};
  const lab = await startLab({
    home,
    ...base,
    ...shape,
    rawAudit: process.env.OFFDRILL_LAB_RAW_AUDIT === '1',
    log: say,
    signal: interruption.signal,
  });
  if (interruption.signal.aborted) {
    await lab.down();
    throw interruption.signal.reason;
  }
  await render(lab);
  return 0;
}

async function down(home: string): Promise<number> {
  const lab = await findLab(home);
  await lab?.down();
  say(lab === undefined ? 'no lab runs here' : 'all gone');
  return 0;
}

async function status(
  lab: Lab | undefined,
  options: {json?: boolean | undefined; check?: boolean | undefined},
): Promise<number> {
  if (options.check === true) {
    const problems = lab === undefined ? ['no lab runs here'] : await lab.check();
    for (const problem of problems) say(problem);
    return problems.length === 0 ? 0 : 1;
  }
  if (options.json === true) {
    const shown =
      lab === undefined
        ? {}
        : {
            home: lab.home,
            data: lab.data,
            variant: lab.variant,
            addresses: lab.addresses,
            processes: await lab.processes(),
            drillCommand: lab.drillCommand,
          };
    process.stdout.write(`${JSON.stringify({running: lab !== undefined, ...shown}, null, 2)}\n`);
    return 0;
  }
  if (lab === undefined) say('no lab runs here');
  else await render(lab);
  return 0;
}

async function render(lab: Lab): Promise<void> {
  for (const [name, address] of Object.entries(lab.addresses)) process.stdout.write(`${name.padEnd(12)} ${address}\n`);
  const {supervisor, 'orders-mcp': server} = await lab.processes();
  if (supervisor !== undefined) {
    const does = supervisor.running ? `starts orders-mcp again when it is stopped` : 'is stopped';
    process.stdout.write(`supervisor   ${does}; it was last started with the credentials of ${server?.credentials}\n`);
  }
  process.stdout.write(`variant      ${lab.variant}: ${variants[lab.variant].about}\n`);
  process.stdout.write(`data         ${lab.data}\n\nto run a drill:\n${lab.drillCommand} run drills/orders-mcp.yaml\n`);
}

function isOneOf<Name extends string>(names: readonly Name[], text: string | undefined): text is Name {
  return names.some((name) => name === text);
}

async function requireLab(home: string): Promise<Lab> {
  const lab = await findLab(home);
  if (lab !== undefined) return lab;
  throw new Error('No lab runs here. Start it: `npm run lab -- up`.');
}

function say(line: string): void {
  process.stderr.write(`lab: ${line}\n`);
}
