import type {Checking} from '../checking.ts';
import {entriesOf, isRecord, valueAt} from '../path.ts';

/** Each secret says where it is: one variable, or one file. */
export function checkSecrets({document, report}: Checking): void {
  for (const [name, source] of entriesOf(valueAt(document.value, ['secrets']))) {
    if (!isRecord(source)) continue;
    const given = ['env', 'file'].filter((key) => source[key] !== undefined);
    if (given.length === 1 || (given.length === 0 && Object.keys(source).length > 0)) continue;
    const got = given.length === 0 ? 'neither' : 'both';
    const message = `Expected \`{env: NAME}\` or \`{file: path}\`, got ${got}.`;
    report({code: 'bad-secret', message, path: ['secrets', name]});
  }
}
