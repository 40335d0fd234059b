import {appendFileSync} from 'node:fs';

/** One row of what the reliability suites saw, for `docs/reliability.md`; kept only where a file for it is named. */
export function recordReliability(section: string, row: Readonly<Record<string, unknown>>): void {
  const file = process.env.OFFDRILL_RELIABILITY;
  if (file === undefined || file === '') return;
  appendFileSync(file, `${JSON.stringify({section, ...row})}\n`);
}
