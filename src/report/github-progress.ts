import path from 'node:path';
import type {Criterion, RunResult} from '../verdict/result.ts';
import {githubCommand} from './github-commands.ts';
import {isRehearsal} from './is-rehearsal.ts';
import {renderLeftSteps} from './left-steps.ts';
import {createLineProgress} from './line-progress.ts';
import type {Progress, ProgressOptions} from './progress.ts';

/** Lines in a group a phase, then an annotation on the drill file for each criterion that is not met. */
export function createGithubProgress(options: ProgressOptions): Progress {
  const {stream, env, plan} = options;
  const lines = createLineProgress(options);
  const file = fileInRepository(plan.drill.file, env.GITHUB_WORKSPACE);
  let isGroupOpen = false;
  const endGroup = (): void => {
    if (isGroupOpen) stream.write(githubCommand('endgroup', {}, []));
    isGroupOpen = false;
  };
  return {
    entry: (entry) => {
      if (entry.type === 'phase.started') {
        endGroup();
        stream.write(githubCommand('group', {}, [entry.data.phase]));
        isGroupOpen = true;
      }
      lines.entry(entry);
    },
    sample: lines.sample,
    judged: (result) => {
      endGroup();
      for (const annotation of annotationsOf(result, file)) stream.write(annotation);
    },
    close: () => {
      endGroup();
      lines.close();
    },
  };
}

/** What is worst comes first: GitHub shows about ten of a kind. */
function annotationsOf(result: RunResult, file: string): readonly string[] {
  const {drill, criteria, left} = result;
  const annotate = (kind: 'error' | 'warning', what: string, message: readonly string[]): string =>
    githubCommand(kind, {file, title: `${drill.name}: ${what}`}, message);
  const ofState = (state: Criterion['state']) =>
    Object.entries<Criterion>(criteria).filter(([, criterion]) => criterion.state === state);
  return [
    ...(left.length === 0 ? [] : [annotate('error', 'left to do by hand', renderLeftSteps(left))]),
    ...ofState('unmet').map(([name, {reasons}]) => annotate('error', `${name} is unmet`, reasons)),
    ...(isRehearsal(result) ? [] : ofState('unproven')).map(([name, {reasons}]) =>
      annotate('warning', `${name} is unproven`, reasons),
    ),
  ];
}

/** From the root of the checkout, where the file is in it: the runner finds it by that, wherever the command was typed. */
function fileInRepository(file: string, workspace: string | undefined): string {
  const whole = path.resolve(file);
  const relative = path.relative(workspace ?? '', whole);
  return relative.startsWith('..') || path.isAbsolute(relative) ? whole : relative;
}
