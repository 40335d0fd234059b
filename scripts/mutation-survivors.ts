import {parse} from 'yaml';
import * as z from 'zod';

/** A change that no test noticed: the line on which it stands as it is written, and what became of the changed part. */
export type Survivor = {readonly file: string; readonly line: string; readonly change: string};

const explainedSchema = z.record(
  z.string(),
  z.array(z.strictObject({line: z.string(), changes: z.array(z.string()).min(1), why: z.string().min(1)})),
);

export type Explained = Survivor & {readonly why: string};

/** What stands in `test/mutation-survivors.yaml`, one a change. Throws where it does not have the form. */
export function loadExplained(text: string): readonly Explained[] {
  const byFile = explainedSchema.parse(parse(text) ?? {});
  return Object.entries(byFile).flatMap(([file, lines]) =>
    lines.flatMap(({line, changes, why}) => changes.map((change) => ({file, line, change, why}))),
  );
}

/** How a change is named: what kind of change, and what stands there instead, on one line. */
export function nameChange(mutator: string, replacement: string): string {
  return `${mutator}: ${replacement.replaceAll(/\s+/g, ' ').slice(0, 120)}`.trim();
}

/** Each explanation holds for as many survivors as are alike; one that holds for none is stale. Only of these files. */
export function matchSurvivors(
  survivors: readonly Survivor[],
  explained: readonly Explained[],
  files: readonly string[],
): {
  readonly explained: readonly Explained[];
  readonly unexplained: readonly Survivor[];
  readonly stale: readonly Explained[];
} {
  const inFiles = explained.filter(({file}) => files.includes(file));
  const isOf = (a: Survivor, b: Survivor): boolean => a.file === b.file && a.line === b.line && a.change === b.change;
  return {
    explained: survivors.flatMap((survivor) => inFiles.find((known) => isOf(known, survivor)) ?? []),
    unexplained: survivors.filter((survivor) => !inFiles.some((known) => isOf(known, survivor))),
    stale: inFiles.filter((known) => !survivors.some((survivor) => isOf(survivor, known))),
  };
}
