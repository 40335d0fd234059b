import path from 'node:path';
import {parseArgs} from 'node:util';
import {type AnyLab, findAnyLab, startAnyLab} from './any-lab.ts';
import {awsAppNames} from './aws-apps.ts';
import {awsStoppableNames} from './aws-lab.ts';
import {partNames, stoppableNames} from './parts.ts';
import {readPorts} from './ports.ts';
import {labNames, readVariant, variants} from './variants.ts';

const usage = `npm run lab -- up [--ports BASE|auto]   start everything, and return when it is whole
               [--variant NAME]         ${labNames.join(', ')}
npm run lab -- down                     end everything, and remove its data
npm run lab -- status [--json|--check]  addresses, and a command line for drills
npm run lab -- stop NAME                stop ${stoppableNames.join(', ')}
npm run lab -- start NAME               start it again, but openbao, whose data is in memory

with --variant aws, where moto stands in for AWS:
npm run lab -- stop NAME                stop ${awsStoppableNames.join(', ')}
npm run lab -- start NAME               start it again, but moto, whose data is in memory
npm run lab -- issue-billing-key        have billing-api accept a new key alone, delivered to .lab/billing-api/next-key
npm run lab -- revoke-billing-key       have it refuse every key
`;
/** Stopped, they are gone with what they kept. */
const inMemory = ['openbao', 'moto'] as const;
const everyPart = [...partNames, ...awsAppNames] as const;
const everyStoppable = [...stoppableNames, ...awsStoppableNames] as const;
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
  if (command === 'status') return status(await findAnyLab(home), values);
  if (command === 'stop' && isOneOf(everyStoppable, name)) {
    await stop(await requireLab(home), name);
    if (isOneOf(inMemory, name)) say(`${name} is stopped, and its data, in memory, is gone: ${beginAnew}`);
    return 0;
  }
  if (command === 'start' && isOneOf(inMemory, name)) {
    throw new Error(`Expected a part that can be started again, got ${name}, whose data is in memory: ${beginAnew}`);
  }
  if (command === 'start' && isOneOf(everyPart, name)) {
    await start(await requireLab(home), name);
    return 0;
  }
  if (command === 'issue-billing-key' || command === 'revoke-billing-key') {
    await changeBillingKey(await requireLab(home), command);
    return 0;
  }
  process.stderr.write(usage);
  return values.help === true ? 0 : 2;
}

async function stop(lab: AnyLab, name: (typeof everyStoppable)[number]): Promise<void> {
  if (lab.variant === 'aws' && isOneOf(awsStoppableNames, name)) return lab.stop(name);
  if (lab.variant !== 'aws' && isOneOf(stoppableNames, name)) return lab.stop(name);
  throw notIn(lab, name);
}

async function start(lab: AnyLab, name: (typeof everyPart)[number]): Promise<void> {
  if (lab.variant === 'aws' && isOneOf(awsAppNames, name)) return lab.start(name);
  if (lab.variant !== 'aws' && isOneOf(partNames, name)) return lab.start(name);
  throw notIn(lab, name);
}

async function changeBillingKey(lab: AnyLab, command: string): Promise<void> {
  if (lab.variant !== 'aws') throw notIn(lab, 'billing-api');
  await (command === 'issue-billing-key' ? lab.issueBillingKey() : lab.revokeBillingKey());
}

function notIn({variant}: AnyLab, name: string): Error {
  return new Error(`Expected a part of the lab that runs here, got ${name}, which a lab that is ${variant} has not.`);
}

async function up(
  home: string,
  {ports, variant}: {readonly ports?: string | undefined; readonly variant?: string | undefined},
): Promise<number> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interruption.abort(new Error(`Interrupted by ${signal}: nothing is left running.`)));
  }
  const base = ports === undefined ? {} : {ports: readPorts(ports)};
  const lab = await startAnyLab({
    home,
    ...base,
    variant: variant === undefined ? 'dynamic' : readVariant(variant),
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
  const lab = await findAnyLab(home);
  await lab?.down();
  say(lab === undefined ? 'no lab runs here' : 'all gone');
  return 0;
}

async function status(
  lab: AnyLab | undefined,
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

async function render(lab: AnyLab): Promise<void> {
  for (const [name, address] of Object.entries(lab.addresses)) process.stdout.write(`${name.padEnd(12)} ${address}\n`);
  const {supervisor, 'orders-mcp': server} = await lab.processes();
  if (supervisor !== undefined) {
    const does = supervisor.running ? `starts orders-mcp again when it is stopped` : 'is stopped';
    process.stdout.write(`supervisor   ${does}; it was last started with the credentials of ${server?.credentials}\n`);
  }
  const [about, drill] =
    lab.variant === 'aws' ? ['moto stands in for AWS', 'billing-mcp-aws'] : [variants[lab.variant].about, 'orders-mcp'];
  process.stdout.write(`variant      ${lab.variant}: ${about}\n`);
  process.stdout.write(`data         ${lab.data}\n\nto run a drill:\n${lab.drillCommand} run drills/${drill}.yaml\n`);
}

function isOneOf<Name extends string>(names: readonly Name[], text: string | undefined): text is Name {
  return names.some((name) => name === text);
}

async function requireLab(home: string): Promise<AnyLab> {
  const lab = await findAnyLab(home);
  if (lab !== undefined) return lab;
  throw new Error('No lab runs here. Start it: `npm run lab -- up`.');
}

function say(line: string): void {
  process.stderr.write(`lab: ${line}\n`);
}
