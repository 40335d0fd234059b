import {LineCounter, parseAllDocuments, type YAMLError, Document as YamlDocument} from 'yaml';
import type {DiagnosticCode} from '../contract/diagnostic.ts';
import {Document, type Place} from './document.ts';
import {readNodes} from './read-nodes.ts';

type ParseProblem = {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly place: Place;
  readonly path: string;
};

export type ParsedDocument = {
  readonly document: Document;
  readonly problems: readonly ParseProblem[];
  /** False where the value is not what the text says, so that there is no use in reading on. */
  readonly readable: boolean;
};

/** One YAML 1.2 document. A warning of the parser is a problem as well: it would read `!has(x)` as nothing. */
export function parseDocument(text: string): ParsedDocument {
  const lines = new LineCounter();
  const options = {lineCounter: lines, prettyErrors: false, uniqueKeys: false, merge: false, version: '1.2'} as const;
  const documents = parseAllDocuments(text, options);
  const [first = new YamlDocument(null), second] = 'empty' in documents ? [] : documents;
  const complaints = ('empty' in documents ? [documents] : documents).flatMap(({errors, warnings}) => [
    ...errors,
    ...warnings,
  ]);
  const {problems: ofNodes, ...parts} = complaints.length > 0 ? nothingRead : readNodes(first);
  const document = new Document(text, lines, parts);

  const problems = [
    ...firstOfLines(complaints.map((complaint) => explain(complaint, document))).slice(0, mostComplaints),
    ...ofNodes.map(({code, message, span, path}) => ({
      code,
      message,
      place: document.place(span),
      path: path.join('.'),
    })),
  ];
  const refuse = (message: string, start: number): void => {
    problems.push({code: 'yaml-error', message, place: document.place({start, end: start + 1}), path: ''});
  };
  if (second !== undefined)
    refuse('Expected one document, got another one. Put it in a file of its own.', second.range[0]);
  if (first.directives?.yaml.explicit === true && first.directives.yaml.version !== '1.2') {
    refuse(`Expected YAML 1.2, got ${first.directives.yaml.version}. Leave out the %YAML line.`, 0);
  }
  return {document, problems, readable: problems.every(({code}) => code === 'duplicate-key')};
}

/** What follows the first few is mostly their consequence. */
const mostComplaints = 5;

function firstOfLines(problems: readonly ParseProblem[]): readonly ParseProblem[] {
  const seen = new Set<number>();
  return problems.filter(({place: {line}}) => !seen.has(line) && seen.add(line));
}

const nothingRead = {value: undefined, spans: new Map(), problems: []};

function explain({code, pos, message}: YAMLError, document: Document): ParseProblem {
  const place = document.place({start: pos[0], end: pos[1]});
  const line = message.split('\n')[0]?.slice(0, 160) ?? '';
  if (code === 'TAG_RESOLVE_FAILED') {
    return {
      code: 'unknown-tag',
      message: `Expected a plain value, got a YAML tag (${line}). ${quoting}`,
      place,
      path: '',
    };
  }
  if (code === 'RESOURCE_EXHAUSTION') {
    return {code: 'too-deep', message: 'Expected at most 64 levels, one within the other.', place, path: ''};
  }
  const isWarning = code === 'BAD_DIRECTIVE';
  return {code: isWarning ? 'yaml-warning' : 'yaml-error', message: `${line}.${hints[code] ?? ''}`, place, path: ''};
}

const quoting = 'Put the text in single quotes if it was meant as text.';

const hints: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  UNEXPECTED_TOKEN: ' Put the whole text in single quotes, or use a block (`|`).',
  BLOCK_AS_IMPLICIT_KEY: ' Put text with a colon in it in single quotes.',
  BAD_SCALAR_START: ' Put the text in single quotes.',
  TAB_AS_INDENT: ' Use spaces.',
};
