import * as z from 'zod';
import {exposedFields} from '../../contract/secret.ts';
import {type Checking, findOperation} from '../checking.ts';
import {isRecord} from '../path.ts';
import {findReferences} from '../references.ts';
import {isTainted} from '../tainted.ts';
import {visitTexts} from '../visit-texts.ts';

/** A secret where others can read it while the run uses it. */
export function checkExposed(checking: Checking): void {
  const {outline, document, drivers, report} = checking;
  for (const call of outline.calls) {
    const input = findOperation(call, drivers)?.operation.input;
    const given = call.raw.with;
    if (!(input instanceof z.ZodObject) || !isRecord(given)) continue;
    for (const [key, field] of Object.entries<z.ZodType>(input.shape)) {
      const mark = exposedFields.get(field);
      if (mark === undefined) continue;
      visitTexts(given[key], [...call.path, 'with', key], (text, path) => {
        const exposed = findReferences(text).filter((reference) => isTainted(reference, checking));
        const places = document.locateWithin(
          path,
          exposed.map((reference) => reference.text),
        );
        exposed.forEach((reference, index) => {
          const message = `Expected no secret in \`${key}\`, got \`${reference.text}\`: ${mark.why}`;
          report({code: 'exposed-secret', message, path, at: places[index] ?? document.locateValue(path)});
        });
      });
    }
  }
}
