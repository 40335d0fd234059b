import {Transform} from 'node:stream';
import {StringDecoder} from 'node:string_decoder';
import {type Redactor, replace} from './redactor.ts';

/** Redacts a stream. What could be the beginning of a secret is held back until enough has come to tell. */
export function createRedactingTransform(redactor: Redactor): Transform {
  const decoder = new StringDecoder('utf8');
  let held = '';
  const release = (upTo: (length: number) => number): string => {
    const located = redactor.locate(held);
    const limit = upTo(held.length);
    const cut = Math.max(0, Math.min(limit, located.find(({end}) => end > limit)?.start ?? limit));
    const released = replace(
      held.slice(0, cut),
      located.filter(({end}) => end <= cut),
    );
    held = held.slice(cut);
    return released;
  };
  return new Transform({
    decodeStrings: true,
    transform(chunk: Buffer, _encoding, done) {
      held += decoder.write(chunk);
      done(
        null,
        release((length) => length - redactor.longest + 1),
      );
    },
    flush(done) {
      held += decoder.end();
      done(
        null,
        release((length) => length),
      );
    },
  });
}
