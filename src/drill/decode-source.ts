import {err, ok, type Result} from '../util/result.ts';

/** A drill is read by people; what is larger is no drill. */
const maxBytes = 1 << 20;

export type SourceProblem = {
  readonly code: 'too-large' | 'not-utf8' | 'empty';
  readonly message: string;
  readonly at: number;
};

/** The text of a file. `at` is the offset in the text up to which it could be read. */
export function decodeSource(bytes: Uint8Array): Result<string, SourceProblem> {
  if (bytes.length > maxBytes) {
    const message = `Expected a drill file of at most 1 MiB (${maxBytes} bytes), got ${bytes.length} bytes.`;
    return err({code: 'too-large', message, at: 0});
  }
  const valid = countValid(bytes);
  const text = new TextDecoder().decode(bytes.subarray(0, valid));
  if (valid < bytes.length) {
    const message = `Expected UTF-8, got something else at byte ${valid}. Save the file as UTF-8.`;
    return err({code: 'not-utf8', message, at: text.length});
  }
  return ok(text);
}

/** How many bytes from the beginning are UTF-8. */
function countValid(bytes: Uint8Array): number {
  if (isValid(bytes, false)) return bytes.length;
  let [valid, broken] = [0, bytes.length + 1];
  while (broken - valid > 1) {
    const middle = (valid + broken) >> 1;
    if (isValid(bytes.subarray(0, middle), true)) valid = middle;
    else broken = middle;
  }
  return withoutHalfCharacter(bytes, Math.min(valid, bytes.length));
}

/** A prefix may end within a character: then that character is where the trouble begins. */
function withoutHalfCharacter(bytes: Uint8Array, length: number): number {
  let end = length;
  while (end > 0 && !isValid(bytes.subarray(0, end), false)) end -= 1;
  return end;
}

function isValid(bytes: Uint8Array, stream: boolean): boolean {
  try {
    new TextDecoder('utf-8', {fatal: true}).decode(bytes, {stream});
    return true;
  } catch {
    return false;
  }
}
