import {
  type Alias,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  visit,
  type Document as YamlDocument,
} from 'yaml';
import {type Span, type Spans, spanKey} from './document.ts';
import {type Path, renderPath} from './path.ts';

type NodeProblem = {
  readonly code: 'duplicate-key' | 'unknown-tag' | 'alias-bomb' | 'too-deep' | 'yaml-error';
  readonly message: string;
  readonly span: Span;
  readonly path: Path;
};

export type ReadNodes = {
  readonly value: unknown;
  readonly spans: ReadonlyMap<string, Spans>;
  readonly problems: readonly NodeProblem[];
};

const maxDepth = 64;
/** Values that aliases may repeat, in all: enough to share settings, too few to fill a memory. */
const maxRepeated = 10_000;
const plainTags = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);

/** The plain value of a document's nodes, with the place of each. Of a key that stands twice the first counts. */
export function readNodes(document: YamlDocument): ReadNodes {
  const spans = new Map<string, Spans>();
  const problems: NodeProblem[] = [];
  let repeated = 0;
  const anchors = document.contents === null ? new Map<Alias, Node>() : anchorsOf(document.contents);

  const read = (node: unknown, path: Path, at: Spans, within: readonly Node[]): unknown => {
    const report = (code: NodeProblem['code'], message: string): undefined => {
      problems.push({code, message, span: at.value, path});
    };
    spans.set(spanKey(path), at);
    if (within.length > maxDepth)
      return report('too-deep', `Expected at most ${maxDepth} levels, one within the other.`);
    if (within.some(isAlias) && ++repeated > maxRepeated) {
      if (repeated > maxRepeated + 1) return undefined;
      return report('alias-bomb', `Expected aliases to repeat at most ${maxRepeated} values in all, got more.`);
    }
    if (isAlias(node)) return followAlias(node, path, at, within, report);
    if (isTagged(node)) return report('unknown-tag', unknownTag(node.tag));
    if (isScalar(node)) return node.value;
    if (isSeq(node)) {
      return node.items.map((item, index) =>
        read(item, [...path, index], {value: spanOf(item, at.value)}, [...within, node]),
      );
    }
    return isMap(node) ? readMap(node.items, path, at, [...within, node]) : null;
  };

  const followAlias = (
    alias: Alias,
    path: Path,
    at: Spans,
    within: readonly Node[],
    report: (code: NodeProblem['code'], message: string) => undefined,
  ): unknown => {
    const target = anchors.get(alias);
    if (target === undefined) return report('yaml-error', `No anchor \`&${alias.source}\` stands before this alias.`);
    if (within.includes(target))
      return report('alias-bomb', `Expected an alias to something else, got one that holds itself.`);
    return read(target, path, at, [...within, alias]);
  };

  const readMap = (pairs: readonly unknown[], path: Path, at: Spans, within: readonly Node[]): unknown => {
    const members = new Map<string, unknown>();
    for (const pair of pairs) {
      if (!isPair(pair)) continue;
      const key = spanOf(pair.key, at.value);
      const name = isScalar(pair.key) ? String(pair.key.source ?? pair.key.value) : '';
      const refused = refusedKey(pair.key, name);
      const child = [...path, name];
      if (refused !== undefined) problems.push({code: 'yaml-error', message: refused, span: key, path: child});
      else if (members.has(name)) {
        problems.push({
          code: 'duplicate-key',
          message: `Expected \`${renderPath(child)}\` once, got it again.`,
          span: key,
          path: child,
        });
      } else members.set(name, read(pair.value, child, {key, value: spanOf(pair.value, key)}, within));
    }
    return Object.fromEntries(members);
  };

  const whole = spanOf(document.contents, {start: 0, end: 1});
  return {value: read(document.contents, [], {value: whole}, []), spans, problems};
}

function refusedKey(key: unknown, name: string): string | undefined {
  if (!isScalar(key) || isTagged(key)) return 'Expected a name in front of the colon, got something else.';
  if (name === '<<') return 'Merge keys (`<<`) are not read. Write the keys out.';
  return name === '__proto__' ? 'Expected another name than `__proto__`.' : undefined;
}

function unknownTag(tag: string): string {
  return `Expected a plain value, got the YAML tag \`${tag.slice(0, 40)}\`. Put the text in single quotes if it was meant as text.`;
}

/** The node that each alias stands for: the last one of that name before it. */
function anchorsOf(contents: Node): ReadonlyMap<Alias, Node> {
  const byName = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(contents, (_key, node) => {
    if (isAlias(node)) {
      const target = byName.get(node.source);
      if (target !== undefined) targets.set(node, target);
    } else if (isNode(node) && node.anchor !== undefined) byName.set(node.anchor, node);
  });
  return targets;
}

function isTagged(node: unknown): node is Node & {readonly tag: string} {
  return isNode(node) && node.tag !== undefined && !plainTags.has(node.tag);
}

function spanOf(node: unknown, otherwise: Span): Span {
  const range = isNode(node) ? node.range : undefined;
  return range ? {start: range[0], end: Math.max(range[0] + 1, range[1])} : otherwise;
}
