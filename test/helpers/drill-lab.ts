import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {parseEnv} from 'node:util';
import {type AwsLab, startAwsLab} from '../../lab/aws-lab.ts';
import {type Lab, startLab} from '../../lab/lab.ts';
import type {VariantName} from '../../lab/variants.ts';
import {type RunResult, resultSchema} from '../../src/verdict/result.ts';
import {type CliRun, mainFile, programFile, projectFolder, runShell} from './run-cli.ts';

export type DrillRun = CliRun & {readonly result: RunResult | undefined; readonly folder: string | undefined};

type Watched = {
  readonly onLine?: (line: string, pid: number) => void;
  readonly env?: Readonly<Record<string, string>>;
};

export type Drills = {
  readonly stateDir: string;
  /** `offdrill` in this lab, as words for a shell to which any command can be appended. */
  readonly command: string;
  /** `offdrill` in this lab, with further arguments as typed. */
  offdrill(args: string, options?: Watched): Promise<CliRun>;
  /** One drill of `drills/`, or a file by its path, without being asked. */
  run(file: string, args?: string, options?: Watched): Promise<DrillRun>;
  /** What the drills work with: not root. */
  operatorToken(): Promise<string>;
};

export type DrillLab<AnyLab = Lab> = Drills & {readonly lab: AnyLab; down(): Promise<void>};

/** A lab of its own on free ports, and a state folder of its own. */
export async function startDrillLab(
  options: {readonly rawAudit?: boolean; readonly variant?: VariantName; readonly program?: string} = {},
): Promise<DrillLab> {
  const home = await mkdtemp(path.join(tmpdir(), 'offdrill-e2e-'));
  const lab = await startLab({
    home,
    ports: 'auto',
    rawAudit: options.rawAudit ?? false,
    variant: options.variant ?? 'dynamic',
  });
  return inHome(home, lab, options.program);
}

/** The same with moto in the place of AWS. */
export async function startAwsDrillLab(): Promise<DrillLab<AwsLab>> {
  const home = await mkdtemp(path.join(tmpdir(), 'offdrill-e2e-'));
  return inHome(home, await startAwsLab({home, ports: 'auto'}));
}

function inHome<AnyLab extends Lab | AwsLab>(home: string, lab: AnyLab, program?: string): DrillLab<AnyLab> {
  return {
    ...drillsIn(lab, program),
    lab,
    down: async () => {
      await lab.down();
      await rm(home, {recursive: true, force: true});
    },
  };
}

/** The command line in a lab that is up, with a state folder of its own; or another program in its place. */
export function drillsIn(lab: Lab | AwsLab, program = programFile('offdrill')): Drills {
  const {home} = lab;
  const command = lab.drillCommand.replace(mainFile, program);
  const stateDir = path.join(home, 'state');
  const offdrill: Drills['offdrill'] = (args, settings = {}) =>
    runShell(`${command} --state-dir '${stateDir}' ${args}`, {...settings, cwd: home});
  return {
    stateDir,
    command,
    offdrill,
    run: async (file, args = '', settings = {}) => {
      const drill = path.isAbsolute(file) ? file : path.join(projectFolder, 'drills', file);
      const before = await runsIn(stateDir);
      const finished = await offdrill(`run '${drill}' --yes ${args}`, settings);
      const name = (await runsIn(stateDir)).find((run) => !before.includes(run));
      const folder = name === undefined ? undefined : path.join(stateDir, 'runs', name);
      return {...finished, folder, result: folder === undefined ? undefined : await readResult(folder)};
    },
    operatorToken: async () =>
      parseEnv(await readFile(path.join(lab.data, 'offdrill.env'), 'utf8')).OFFDRILL_VAULT_TOKEN ?? '',
  };
}

async function runsIn(stateDir: string): Promise<readonly string[]> {
  return readdir(path.join(stateDir, 'runs')).catch(() => []);
}

async function readResult(folder: string): Promise<RunResult | undefined> {
  const text = await readFile(path.join(folder, 'result.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : resultSchema.parse(JSON.parse(text));
}
