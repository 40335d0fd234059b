import {expect} from 'vitest';
import {type Edit, edit, loadText, problemsOf} from './load-flagship.ts';

/** One mistake in the flagship, and the one diagnostic that it gives, at the place that `«` marks. */
export type Mistake = {
  readonly code: string;
  readonly edits: readonly Edit[];
  readonly says?: string;
  readonly suggestion?: string;
};

export async function expectMistake({code, edits, says = '', suggestion}: Mistake): Promise<void> {
  const {text, line, column} = edit(...edits);

  const problems = problemsOf(await loadText(text));

  expect(problems).toEqual([expect.objectContaining({severity: 'error', file: 'drill.yaml', code, line, column})]);
  expect(problems[0]?.suggestion).toBe(suggestion);
  expect(problems[0]?.message).toContain(says);
}
