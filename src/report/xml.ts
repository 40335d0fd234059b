import {sanitizeLine} from '../util/sanitize.ts';

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One element; an attribute that is undefined is left out. Its children are XML already, as this or `xmlText` made it. */
export function element(name: string, attributes: Attributes, children: readonly string[] = []): string {
  const given = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeXml(sanitizeLine(String(value)))}"`)
    .join('');
  return children.length === 0 ? `<${name}${given}/>` : `<${name}${given}>${children.join('')}</${name}>`;
}

/** Lines of text in an element. */
export function xmlText(lines: readonly string[]): string {
  return lines.map((line) => escapeXml(sanitizeLine(line))).join('\n');
}

/** What XML 1.0 can't hold even as a reference: two code points, and halves of a surrogate pair. */
const notCharacters = /[\ufffe\uffff]|\p{Surrogate}/gu;
const entities: Readonly<Record<string, string>> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'};

/** Characters that stand for themselves, entities for the others, and what can't stand in XML made visible. */
function escapeXml(line: string): string {
  return line
    .replace(notCharacters, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`)
    .replace(/[&<>"]/g, (character) => entities[character] ?? character);
}
