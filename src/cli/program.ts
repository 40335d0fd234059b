import {styleText} from 'node:util';
import {Argument, Command, InvalidArgumentError, Option} from 'commander';
import {parseDuration} from '../util/duration.ts';
import {readVersion} from './read-version.ts';

/** The command line. Each command is loaded when it is called, so that `--version` loads none. */
export function createProgram(exit: (code: number) => void): Command {
  const program = new Command('offdrill')
    .description(
      'Rehearses the removal of an MCP integration in staging: what dies, what lives, what comes back, and that nobody helped.',
    )
    .version(readVersion(), '-V, --version')
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('(try `offdrill --help`)')
    .configureHelp({styleTitle: (title) => styleText('bold', title)})
    .addHelpText('after', footer);
  addShared(program);

  program.commandsGroup('A drill:');
  command(program, 'validate', 'Find every mistake in drill files that can be found without touching anything')
    .argument('<files...>', 'drill files')
    .option('--strict', 'warnings count too: what a drill claims and can not prove')
    .option('--json', 'one document on stdout, for scripts')
    .action(async (files: string[], _options, self: Command) => {
      const {validateCommand} = await import('./commands/validate.ts');
      exit(await validateCommand(files, self.optsWithGlobals()));
    });
  command(program, 'plan', 'Show what a run would touch, change and bring back; touches nothing')
    .argument('<file>', 'drill file')
    .option('--policy <driver>', 'the least rights that the drill needs there instead, to be given to the operator')
    .option(
      '--who-uses',
      'whoever was lately served by what the drill takes away, as its audit logs tell; asks no server',
    )
    .addOption(
      new Option('--since <duration>', 'how far back to look for them')
        .default(604_800_000, '7d')
        .argParser(durationArgument),
    )
    .addHelpText('after', policyHelp)
    .option('--json', 'one document on stdout, for scripts')
    .action(async (file: string, _options, self: Command) => {
      const {planCommand} = await import('./commands/plan.ts');
      exit(await planCommand(file, self.optsWithGlobals()));
    });
  command(program, 'doctor', 'Say what a run lacks, and the line that mends it; touches nothing')
    .argument('<file>', 'drill file')
    .option('--json', 'one document on stdout, for scripts')
    .addHelpText('after', doctorHelp)
    .action(async (file: string, _options, self: Command) => {
      const {doctorCommand} = await import('./commands/doctor.ts');
      exit(await doctorCommand(file, self.optsWithGlobals()));
    });
  command(program, 'run', 'Remove the integration, watch, bring it back, and judge')
    .argument('<file>', 'drill file')
    .option('-y, --yes', 'do not ask for the name of the integration; needed where there is no terminal')
    .addOption(
      new Option(
        '--until <phase>',
        'stop after this phase: proves captures, probes, permissions and audit; changes nothing',
      ).choices(['baseline']),
    )
    .option('--gone', 'the run that holds the lock is gone for good, or will not be resumed')
    .addOption(maxDurationOption('start rollback after so long, and give it up after as long again'))
    .addOption(waitForAuditOption())
    .addOption(reporterOption())
    .option('--json', 'one document on stdout, for scripts')
    .addHelpText('after', runHelp)
    .action(async (file: string, _options, self: Command) => {
      const {runCommand} = await import('./commands/run.ts');
      exit(await runCommand(file, self.optsWithGlobals()));
    });

  command(program, 'restore', 'Bring back what a drill takes away, without the run that took it: its machine is gone')
    .argument('<file>', 'drill file')
    .option('-y, --yes', 'do not ask for the name of the integration; needed where there is no terminal')
    .option('--gone', 'the run that holds the lock is gone for good, or will not be resumed')
    .addOption(maxDurationOption("so long does the run's own credential live, and a little longer"))
    .addOption(reporterOption())
    .option('--json', 'one document on stdout, for scripts')
    .addHelpText('after', restoreHelp)
    .action(async (file: string, _options, self: Command) => {
      const {restoreCommand} = await import('./commands/restore.ts');
      exit(await restoreCommand(file, self.optsWithGlobals()));
    });

  program.commandsGroup('Runs:');
  command(program, 'resume', 'Go on with a run that was cut off, or whose rollback failed: bring back what it changed')
    .argument('[run]', 'the name of a run, or its beginning; the newest unfinished one, if none is named')
    .option('--gone', 'the machine or container that it ran on is gone for good')
    .addOption(reporterOption())
    .option('--json', 'one document on stdout, for scripts')
    .addHelpText('after', resumeHelp)
    .action(async (run: string | undefined, _options, self: Command) => {
      const {resumeCommand} = await import('./commands/resume.ts');
      exit(await resumeCommand(run, self.optsWithGlobals()));
    });
  command(program, 'intervene', 'Put on record that somebody helped while a run goes on; it fails then, and says why')
    .argument('<run>', 'the name of a run, or its beginning')
    .requiredOption('--by <name>', 'who helped')
    .requiredOption('--reason <text>', 'what was done, and why')
    .addOption(
      new Option('--at <time>', 'when, such as 2026-11-22T22:56:00Z; now, if it is not said').argParser(timeArgument),
    )
    .addHelpText('after', interveneHelp)
    .action(async (run: string, _options, self: Command) => {
      const {interveneCommand} = await import('./commands/intervene.ts');
      exit(await interveneCommand(run, self.optsWithGlobals()));
    });
  command(program, 'list', 'All runs in the state folder, and what they came to')
    .option('--json', 'one document on stdout, for scripts')
    .action(async (_options, self: Command) => {
      const {listCommand} = await import('./commands/list.ts');
      exit(await listCommand(self.optsWithGlobals()));
    });
  command(program, 'report', 'The report of a run; of the newest, if none is named')
    .argument('[run]', 'the name of a run, or its beginning')
    .addOption(
      new Option('-f, --format <format>', 'text for people, json for scripts, junit for GitLab and Jenkins')
        .choices(['text', 'json', 'junit'])
        .default('text'),
    )
    .option('--reconcile', 'first read audit records again that had not come in, and judge the run anew')
    .addOption(waitForAuditOption())
    .addHelpText('after', reportHelp)
    .action(async (run: string | undefined, _options, self: Command) => {
      const {reportCommand} = await import('./commands/report.ts');
      exit(await reportCommand(run, self.optsWithGlobals()));
    });

  program.commandsGroup('Reference:');
  command(program, 'drivers', 'What can be done with which system')
    .addArgument(new Argument('[name]', 'one driver, with the inputs of its operations'))
    .option('--json', 'one document on stdout, for scripts')
    .action(async (name: string | undefined, _options, self: Command) => {
      const {driversCommand} = await import('./commands/drivers.ts');
      exit(await driversCommand(name, self.optsWithGlobals()));
    });
  command(program, 'schema', 'The JSON schema of drill files, for editors').action(async () => {
    const {schemaCommand} = await import('./commands/schema.ts');
    exit(await schemaCommand());
  });
  command(program, 'completion', 'A script that completes commands, options, files and runs as you type')
    .addArgument(new Argument('<shell>', 'the shell that you type in').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', completionHelp)
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const {completionCommand} = await import('./commands/completion.ts');
      exit(completionCommand(shell, program));
    });
  addShared(program.command('__complete', {hidden: true}).exitOverride())
    .addArgument(new Argument('<what>').choices(['runs']))
    .action(async (_what, _options, self: Command) => {
      const {completeCommand} = await import('./commands/complete.ts');
      exit(await completeCommand(self.optsWithGlobals()));
    });
  return program;
}

const footer = `
First steps:
  offdrill validate drills/orders-mcp.yaml          what is wrong with the file
  offdrill plan drills/orders-mcp.yaml --vars v.yaml  what would be done
  offdrill plan drills/orders-mcp.yaml --policy vault  with which rights, to be given to the operator
  offdrill doctor drills/orders-mcp.yaml             what is missing, and what mends it
  offdrill run drills/orders-mcp.yaml --until baseline  is everything there that a drill needs?
  offdrill run drills/orders-mcp.yaml                the drill
  offdrill resume                                    it was cut off: bring back what it changed

Exit codes:
  0 pass · 1 fail · 2 usage, drill file or guard: nothing touched · 3 inconclusive, or could not run
  4 rollback failed or was given up: staging is not as it was · 130/143 interrupted, rollback done

Secrets never stand on the command line: a drill names the variable or the file that holds each.`;

const policyHelp = `
The least policy, from the file alone; no server is asked, and no secret has to be there:
  offdrill plan drill.yaml --policy vault > drill.hcl && vault policy write drill drill.hcl
  offdrill plan drill.yaml --policy postgres          grants, as SQL

Who breaks when this is removed today, though no drill names them:
  offdrill plan drill.yaml --who-uses --since 30d`;

const doctorHelp = `
Looks at secrets, servers and who they are, permissions, clocks, audit logs, programs and where new credentials are
delivered to. Mints no token and writes nothing. What captures and probes see, only a run tells: run --until baseline.

Exit codes:
  0 nothing fails · 2 the drill file, or a server that is not the one in guard.allow · 3 something fails`;

const runHelp = `
Examples:
  offdrill run drill.yaml --until baseline         is everything there?
  offdrill run drill.yaml --yes --reporter line    unattended, one line for each change`;

const resumeHelp = `
Examples:
  offdrill resume                                  the newest run that did not end
  offdrill resume 20261123T2256                    this one; safe to repeat

The drill and its variables are taken from the run's own record; secrets from the environment and files, as the run
took them. The verdict of a run that was cut off is never pass.

Exit codes:
  1 fail · 2 refused: nothing touched · 3 inconclusive · 4 something is left to do by hand, told on stderr`;

const interveneHelp = `
Example:
  offdrill intervene 20261123T2256 --by 'Ana Lima' --reason 'restarted the server by hand'

No secret belongs into it. Exit codes: 0 on record · 2 no such run, or it does not go on`;

const restoreHelp = `
Each rollback is read back first: what is there already is left as it is. Safe to repeat, and on a staging that is whole.
Where the journal of the run is at hand, \`offdrill resume\` knows more.

Exit codes:
  0 everything is back, as far as it can be seen · 2 refused: nothing touched · 4 something is left to do by hand`;

const reportHelp = `
Examples:
  offdrill report                                  the newest run, for people
  offdrill report 20261123 -f junit > junit.xml    for GitLab and Jenkins: what is unproven is an error there
  offdrill report 20261123 --reconcile             CloudTrail has come in meanwhile; the verdict may be another one

With --reconcile the exit code is the verdict's, as of \`run\`; 2 where nothing of the run comes in late, or it is signed.`;

const completionHelp = `
For good:
  bash  offdrill completion bash > ~/.local/share/bash-completion/completions/offdrill
  zsh   offdrill completion zsh > "\${fpath[1]}/_offdrill"
  fish  offdrill completion fish > ~/.config/fish/completions/offdrill.fish
Or in this shell only:
  bash, zsh  source <(offdrill completion bash)
  fish       offdrill completion fish | source`;

function command(program: Command, name: string, description: string): Command {
  const created = program.command(name).description(description).exitOverride().showSuggestionAfterError();
  return addShared(created);
}

/** The same options on the program and on each command, so that they may stand on either side of its name. */
function addShared(target: Command): Command {
  const isProgram = target.parent === null;
  const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
    ...(before ?? []),
    value,
  ];
  target
    .optionsGroup(isProgram ? 'Options:' : 'Shared options:')
    .addOption(new Option('--var <name=value>', 'a variable of the drill; no secrets here').argParser(collect))
    .addOption(new Option('--vars <file>', 'variables of the drill, from a YAML file').argParser(collect))
    .option('--env-file <file>', 'more environment variables, NAME=value a line')
    .option('--base <folder>', "where relative paths and commands start; the drill file's folder otherwise")
    .option('--no-color', 'plain text');
  const stateDir = new Option('--state-dir <folder>', 'where runs are recorded').env('OFFDRILL_STATE_DIR');
  return target.addOption(isProgram ? stateDir.default('.offdrill') : stateDir).optionsGroup('Options:');
}

function waitForAuditOption(): Option {
  return new Option(
    '--wait-for-audit <duration>',
    'wait so long for audit records that come in late, such as 20m for CloudTrail',
  ).argParser(durationArgument);
}

function reporterOption(): Option {
  return new Option(
    '--reporter <kind>',
    'how it is shown: a live table on a terminal, else lines; on GitHub in groups, with annotations',
  ).choices(['live', 'line', 'github']);
}

function maxDurationOption(description: string): Option {
  return new Option('--max-duration <duration>', description).default(900_000, '15m').argParser(durationArgument);
}

function timeArgument(text: string): number {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw new InvalidArgumentError('Expected a time such as 2026-11-22T22:56:00Z.');
  return time;
}

function durationArgument(text: string): number {
  const parsed = parseDuration(text);
  if (!parsed.ok) throw new InvalidArgumentError(`Expected ${parsed.error}.`);
  return parsed.value;
}
