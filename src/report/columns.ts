/** Two columns each: East Asian wide and full-width characters, and what is drawn as an emoji. */
const wide =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1d300}-\u{1d376}\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** None: marks upon the character before, and joiners. The selector that makes an emoji of a character widens it. */
const noColumn = /[\p{Mn}\p{Me}\u200b-\u200f\u2060-\u2064\ufeff]/u;
const emojiSelector = '\ufe0f';
const plain = /^[ -~]*$/;
const segmenter = new Intl.Segmenter();
// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
const styles = /(\u001b\[[\d;]*m)/;

/**
 * How many columns a text takes on a terminal at most; styles take none. Terminals differ where characters are joined: so
 * each is counted by itself, and what is cut by this count never wraps.
 */
export function columnsOf(text: string): number {
  if (plain.test(text)) return text.length;
  let columns = 0;
  for (const piece of text.split(styles)) {
    if (!piece.startsWith('\u001b')) for (const character of piece) columns += columnsOfCharacter(character);
  }
  return columns;
}

/** As `padEnd`, by columns. */
export function padColumns(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columnsOf(text)));
}

/** Cuts at `width` columns, never inside of what is seen as one character. All styles are kept, those that end too. */
export function cutColumns(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  let left = width;
  let kept = '';
  for (const piece of text.split(styles)) {
    if (piece.startsWith('\u001b')) {
      kept += piece;
      continue;
    }
    for (const {segment} of segmenter.segment(piece)) {
      left -= columnsOf(segment);
      if (left < 0) break;
      kept += segment;
    }
  }
  return kept;
}

function columnsOfCharacter(character: string): number {
  if (character === emojiSelector) return 1;
  if (noColumn.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
