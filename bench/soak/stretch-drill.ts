import {parse, stringify} from 'yaml';

type Calls = Record<string, Record<string, unknown>>;

/** The same drill with a settle of so many minutes, and every probe asked so often. */
export function stretchDrill(
  text: string,
  {minutes, every}: {readonly minutes: number; readonly every: string},
): string {
  const drill = parse(text) as Record<string, unknown> & {access: Calls; dependents: Calls};
  for (const call of [...Object.values(drill.access), ...Object.values(drill.dependents)]) call.every = every;
  return stringify({...drill, settle: `${minutes}m`});
}
