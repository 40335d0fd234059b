import {execFileSync} from 'node:child_process';
import * as z from 'zod';

export type XmlElement = {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
  readonly children: readonly XmlElement[];
};

const elementSchema: z.ZodType<XmlElement> = z.lazy(() =>
  z.strictObject({
    name: z.string(),
    attributes: z.record(z.string(), z.string()),
    text: z.string(),
    children: z.array(elementSchema),
  }),
);

/** Python's expat as a second reader: it refuses what is not well-formed. The lab needs Python too. */
const reader = `
import json, sys, xml.etree.ElementTree as tree
def read(e): return {'name': e.tag, 'attributes': e.attrib, 'text': e.text or '', 'children': [read(c) for c in e]}
json.dump(read(tree.fromstring(sys.stdin.buffer.read())), sys.stdout)
`;

/** The document as a strict parser reads it. Throws where it is not well-formed. */
export function parseXml(text: string): XmlElement {
  const read = execFileSync('python3', ['-c', reader], {
    input: text,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return elementSchema.parse(JSON.parse(read));
}

/** All elements of one name, at any depth. */
export function elementsOf(root: XmlElement, name: string): readonly XmlElement[] {
  return [...(root.name === name ? [root] : []), ...root.children.flatMap((child) => elementsOf(child, name))];
}
