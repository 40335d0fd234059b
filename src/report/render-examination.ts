import {sanitizeLine} from '../util/sanitize.ts';
import type {Examination, Finding} from './finding.ts';
import {wrap} from './layout.ts';

const signs = {ok: '✔', warn: '!', fail: '✘'} as const;

/** A line for each thing that was looked at, with what to do below those that are not well. */
export function renderExamination(examination: Examination, {width}: {readonly width: number}): string {
  const {drill, findings} = examination;
  const subjects = Math.min(30, Math.max(0, ...findings.map(({subject}) => subject.length)));
  const lines = findings.flatMap((finding) => renderFinding(finding, subjects, width));
  return `${[`DOCTOR  ${drill.name}`, '', ...lines, '', summary(examination)].join('\n')}\n`;
}

function renderFinding({state, check, subject, message, mend}: Finding, subjects: number, width: number): string[] {
  const lead = `  ${signs[state]} ${state.padEnd(4)}  ${check.padEnd(10)}  ${sanitizeLine(subject).padEnd(subjects)}  `;
  return [
    ...wrap(message, width, lead),
    ...(mend ?? '').split('\n').flatMap((line) => (line === '' ? [] : [`        ${sanitizeLine(line)}`])),
  ];
}

function summary({findings, exitCode}: Examination): string {
  const count = (state: Finding['state']): number => findings.filter((finding) => finding.state === state).length;
  const [fails, warns] = [count('fail'), count('warn')];
  const said = [
    ...(fails > 0 ? [`${fails} fail${fails === 1 ? 's' : ''}`] : []),
    ...(warns > 0 ? [`${warns} to look at`] : []),
  ];
  const verdict = exitCode === 0 ? 'Nothing stands in the way of a run' : 'A run would not begin';
  return `${verdict}${said.length === 0 ? '' : `: ${said.join(', ')}`}. Nothing was touched. Exit ${exitCode}.`;
}
