import * as z from 'zod';
import type {DiagnosticCode} from '../../contract/diagnostic.ts';
import {type Checking, findOperation} from '../checking.ts';
import {describeValue, listOf} from '../describe-value.ts';
import type {Place} from '../document.ts';
import {type Path, valueAt} from '../path.ts';
import {findMalformed, findReferences, type Reference, soleReference} from '../references.ts';
import {keysOf} from '../schema-walk.ts';
import {suggest} from '../suggest.ts';
import {captured, isTainted} from '../tainted.ts';
import {visitTexts} from '../visit-texts.ts';
import {regionOf} from './region-of.ts';

/** Each reference is well formed, stands where it is read, and leads to something. */
export function checkReferences(checking: Checking): void {
  visitTexts(checking.document.value, [], (text, path) => {
    checkMalformed(text, path, checking);
    const references = findReferences(text);
    const places = checking.document.locateWithin(
      path,
      references.map((reference) => reference.text),
    );
    references.forEach((reference, index) => {
      const at = places[index] ?? checking.document.locateValue(path);
      const problem =
        misplaced(reference, path, checking) ??
        unresolved(reference, checking) ??
        unprintable(reference, text, checking);
      if (problem !== undefined) checking.report({...problem, path, at});
    });
  });
}

type Finding = {readonly code: DiagnosticCode; readonly message: string; readonly suggestion?: string | undefined};

const contexts = ['vars', 'env', 'secrets', 'capture'];

function checkMalformed(text: string, path: Path, {document, report}: Checking): void {
  const malformed = findMalformed(text).map((start) => {
    const rest = text.slice(start);
    const end = rest.indexOf('}}');
    return end === -1 ? (rest.split('\n')[0] ?? rest) : rest.slice(0, end + 2);
  });
  const places: readonly Place[] = document.locateWithin(path, malformed);
  malformed.forEach((written, index) => {
    const word = /^\$\{\{\s*([\w-]+)\./.exec(written)?.[1] ?? '';
    const isOther = word !== '' && !contexts.includes(word) && word !== 'steps' && written.endsWith('}}');
    const message = isOther
      ? `No references to ${describeValue(word)}. There are: ${contexts.join(', ')}.`
      : `Expected a reference such as \`\${{ vars.name }}\`, got ${describeValue(written)}.`;
    const code = isOther ? 'unknown-reference' : 'bad-reference';
    const suggestion = isOther ? suggest(word, contexts) : undefined;
    report({code, message, path, at: places[index] ?? document.locateValue(path), suggestion});
  });
}

/** References are read in few places; elsewhere they would stay text, or let a secret out. */
function misplaced(reference: Reference, path: Path, checking: Checking): Finding | undefined {
  const {text, context} = reference;
  const region = regionOf(path);
  if (region === 'input') return undefined;
  if (region === 'connection') {
    if (context !== 'capture') return undefined;
    return {
      code: 'misplaced-reference',
      message: `Expected no capture in a connection, got \`${text}\`: connections are opened before anything is captured.`,
    };
  }
  if (region === 'guard-address' && context === 'vars') return undefined;
  if (region !== 'elsewhere') {
    const what = region === 'guard-address' ? 'a literal address, or one from `vars`' : 'a literal identity';
    const message = `Expected ${what}, got \`${text}\`: who may be touched must not change with the surroundings.`;
    return {
      code: context === 'env' ? 'identity-from-env' : region === 'identity' ? 'misplaced-reference' : 'guard-identity',
      message,
    };
  }
  if (isTainted(reference, checking)) {
    return {
      code: 'tainted-reference',
      message: `Expected secrets only inside \`with:\` and \`connections:\`, got \`${text}\`.`,
    };
  }
  return {
    code: 'misplaced-reference',
    message: `Expected plain text, got \`${text}\`: references are read only inside \`with:\`, \`connections:\` and the addresses of the guard.`,
  };
}

function unresolved(reference: Reference, checking: Checking): Finding | undefined {
  const {context, text, path} = reference;
  const [name = '', ...fields] = path;
  const unknown = (message: string, suggestion?: string): Finding => ({code: 'unknown-reference', message, suggestion});
  const {vars, env, outline} = checking;
  switch (context) {
    case 'steps':
      return unknown(`Nothing stands for \`${text}\`: no step hands out values. Use a capture.`);
    case 'vars': {
      const value = vars === undefined ? '' : valueAt(vars, path);
      if (value !== undefined) return holdsReference(value) ? nested(text) : undefined;
      const near = suggest(name, Object.keys(vars ?? {}));
      return unknown(
        `No variable \`vars.${path.join('.')}\`. Give it by \`--var ${path.join('.')}=…\` or \`--vars FILE\`.`,
        near && `vars.${near}`,
      );
    }
    case 'env':
      if (fields.length > 0) return unknown(`Expected the name of one environment variable, got \`${text}\`.`);
      if (env === undefined || env[name] !== undefined) return holdsReference(env?.[name]) ? nested(text) : undefined;
      return unknown(`The environment variable \`${name}\` is not set. Set it, or give \`--env-file FILE\`.`);
    case 'secrets': {
      if (outline.secrets.has(name)) {
        return fields.length === 0
          ? undefined
          : unknown(`Expected \`secrets.${name}\`, got \`${text}\`: a secret has no fields.`);
      }
      const near = suggest(name, outline.secrets);
      return unknown(`No secret \`${name}\`.${declared(outline.secrets)}`, near && `secrets.${near}`);
    }
    case 'capture':
      return unresolvedCapture(reference, checking);
  }
}

/** A value from outside the file must not name secrets: only the file says where they stand. */
function holdsReference(value: unknown): boolean {
  return String(value).includes('${{');
}

function nested(text: string): Finding {
  return {
    code: 'reference-in-value',
    message: `Expected \`${text}\` to be plain text, and its value holds a reference (\`\${{\`). References are read in the drill file alone.`,
  };
}

function unresolvedCapture(reference: Reference, checking: Checking): Finding | undefined {
  const {outline, drivers} = checking;
  const [name = '', ...fields] = reference.path;
  const call = outline.captures.get(name);
  if (call === undefined) {
    const near = suggest(name, outline.captures.keys());
    const suggestion = near && ['capture', near, ...fields].join('.');
    return {
      code: 'unknown-reference',
      message: `No capture \`${name}\`.${declared(outline.captures.keys())}`,
      suggestion,
    };
  }
  const found = findOperation(call, drivers);
  if (found?.kind !== 'capture' || captured(reference, checking) !== undefined) return undefined;
  const known = keysOf(found.operation.output);
  const near = fields.length === 1 ? suggest(fields[0] ?? '', known) : undefined;
  const message = `No field \`${fields.join('.')}\` in what \`${call.uses}\` captures. It has: ${listOf(known, 'and')}.`;
  return {code: 'unknown-reference', message, suggestion: near && `capture.${name}.${near}`};
}

/** A mapping or a list has no one way to stand inside other text. */
function unprintable(reference: Reference, text: string, checking: Checking): Finding | undefined {
  const schema = captured(reference, checking);
  const isWhole = soleReference(text) !== undefined;
  if (isWhole || !(schema instanceof z.ZodObject || schema instanceof z.ZodArray)) return undefined;
  return {
    code: 'bad-reference',
    message: `Expected one field of the capture inside other text, got \`${reference.text}\`, which holds several.`,
  };
}

function declared(names: Iterable<string>): string {
  const all = [...names];
  return all.length === 0 ? '' : ` There are: ${all.join(', ')}.`;
}
