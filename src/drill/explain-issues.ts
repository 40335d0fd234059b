import type * as z from 'zod';
import {saysPresence} from '../contract/fields.ts';
import {holdsSecret} from '../contract/secret.ts';
import {describeValue, listOf, quote} from './describe-value.ts';
import {type Path, valueAt} from './path.ts';
import type {Report} from './reporter.ts';
import {isDuration, keysOf, walkSchema} from './schema-walk.ts';
import {suggest} from './suggest.ts';

type Issue = z.core.$ZodIssue;

export type ExplainOptions = {
  readonly schema: z.ZodType;
  /** What was held against the schema. */
  readonly value: unknown;
  /** Where that value stands in the file. */
  readonly path: Path;
  readonly report: Report;
  /** `unknown-input` and `bad-input` for what a driver reads, `unknown-key` and `bad-value` otherwise. */
  readonly of: 'drill' | 'input';
  /** Leaves out what can't be said yet. */
  readonly isOpen?: (issue: Issue, value: unknown) => boolean;
};

/** Turns what a schema says into diagnostics: one a mistake, with its place, and what was probably meant. */
export function explainIssues(issues: readonly Issue[], options: ExplainOptions): void {
  const flat = issues.flatMap((issue) => flatten(issue));
  const misspelt = new Set(flat.flatMap((issue) => explainUnknownKeys(issue, options)));
  for (const issue of flat) {
    if (issue.code === 'unrecognized_keys' || misspelt.has(keyOf(issue.path))) continue;
    // What is missing is there, under another name.
    if (saysPresence(issue) && misspelt.size > 0) continue;
    explainIssue(issue, options);
  }
}

/** Of a union, only the form that fits best: what the other forms say is no help. */
function flatten(issue: Issue, above: readonly PropertyKey[] = []): readonly Issue[] {
  const path = [...above, ...issue.path];
  if (issue.code !== 'invalid_union') return [{...issue, path}];
  const cost = (errors: readonly Issue[]): number =>
    errors.length + (errors.some((error) => error.path.length === 0 && error.code === 'invalid_type') ? 100 : 0);
  const [best] = issue.errors.toSorted((a, b) => cost(a) - cost(b));
  if (best === undefined || cost(best) >= 100) return [{...issue, path}];
  return best.flatMap((error) => flatten(error, path));
}

/** Reports each key that does not exist; returns the paths of the keys that were probably meant. */
function explainUnknownKeys(issue: Issue, {schema, value, path, report, of}: ExplainOptions): readonly string[] {
  if (issue.code !== 'unrecognized_keys') return [];
  const owner = walkSchema(schema, issue.path);
  const known = owner === undefined ? [] : keysOf(owner);
  const present = valueAt(value, pathOf(issue.path));
  const free = known.filter((key) => valueAt(present, [key]) === undefined);
  return issue.keys.flatMap((key) => {
    const suggestion = suggest(key, free);
    const places = known.length === 0 ? '' : ` There are: ${known.join(', ')}.`;
    const [what, code] = of === 'input' ? (['input', 'unknown-input'] as const) : (['key', 'unknown-key'] as const);
    report({
      code,
      message: `Unknown ${what} ${quote(key)}.${places}`,
      path: [...path, ...pathOf(issue.path), key],
      suggestion,
    });
    return suggestion === undefined ? [] : [keyOf([...issue.path, suggestion])];
  });
}

function explainIssue(issue: Issue, options: ExplainOptions): void {
  const {schema, value, path, report, of, isOpen} = options;
  const own = pathOf(issue.path);
  const found = valueAt(value, own);
  if (isOpen?.(issue, found) === true) return;
  const whole = [...path, ...own];
  const name = nameOf(whole);
  const bad = of === 'input' ? 'bad-input' : 'bad-value';

  if (issue.code === 'invalid_key') {
    const message = issue.issues[0]?.message.replace(/\.$/, '') ?? 'Expected another name';
    report({code: 'bad-name', message: `${message}, got ${quote(String(own.at(-1)))}.`, path: whole});
    return;
  }
  if (saysPresence(issue)) {
    report({code: bad, message: issue.message, path: found === undefined ? whole.slice(0, -1) : whole});
    return;
  }
  if (found === undefined) {
    const code = of === 'input' ? 'bad-input' : 'missing-key';
    const where = nameOf(whole.slice(0, -1));
    report({
      code,
      message: `Expected \`${name}\` in ${where === '' ? 'the drill' : `\`${where}\``}, got nothing.`,
      path: whole.slice(0, -1),
    });
    return;
  }
  const at = walkSchema(schema, issue.path);
  const got = at !== undefined && holdsSecret(at) ? 'something else' : describeValue(found);
  if (isDuration(at) && (issue.code === 'invalid_type' || /such as/.test(issue.message))) {
    const message = `Expected \`${name}\` to be a duration such as \`250ms\`, got ${got}.`;
    report({code: 'bad-duration', message, path: whole, at: 'value'});
    return;
  }
  const expected = expectedBy(issue);
  const suggestion =
    expected?.words === undefined || typeof found !== 'string' ? undefined : suggest(found, expected.words);
  const tail = expected?.isOwn === true ? '' : `, got ${got}`;
  report({
    code: isDuration(at) ? 'bad-duration' : bad,
    message: `Expected ${name === '' ? 'the drill' : `\`${name}\``}${expected?.to ?? ' to be something else'}${tail}.`,
    path: whole,
    at: 'value',
    suggestion,
  });
}

type Expected = {
  /** ` to be a list`; empty where nothing is known. */
  readonly to: string;
  readonly words?: readonly string[];
  /** Said by the schema's author, who knows what may be shown: the value is not. */
  readonly isOwn?: boolean;
};

function expectedBy(issue: Issue): Expected | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return {to: ` to be ${typeNames[issue.expected] ?? issue.expected}`};
    case 'invalid_value': {
      const words = issue.values.map(String);
      return {to: ` to be ${listOf(words)}`, words};
    }
    case 'too_small':
      return {
        to: ` to have ${issue.origin === 'number' || issue.origin === 'int' ? 'a value of ' : ''}at least ${issue.minimum}${unitOf(issue.origin)}`,
      };
    case 'too_big':
      return {
        to: ` to have ${issue.origin === 'number' || issue.origin === 'int' ? 'a value of ' : ''}at most ${issue.maximum}${unitOf(issue.origin)}`,
      };
    default: {
      const own = /^Expected (?!to )(.*?)\.?$/s.exec(issue.message)?.[1];
      return own === undefined ? undefined : {to: ` to be ${own}`, isOwn: issue.code === 'custom'};
    }
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  number: 'a number',
  int: 'a whole number',
  boolean: '`true` or `false`',
};

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' entries' : '';
}

/** What a person calls it: the last key, and the place in its list. */
function nameOf(path: Path): string {
  const last = path.at(-1);
  if (typeof last !== 'number') return last ?? '';
  return `${nameOf(path.slice(0, -1))}[${last}]`;
}

function pathOf(path: readonly PropertyKey[]): Path {
  return path.map((key) => (typeof key === 'number' ? key : String(key)));
}

function keyOf(path: readonly PropertyKey[]): string {
  return path.map(String).join('\u0000');
}
