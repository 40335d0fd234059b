import {Socket} from 'node:net';
import type {Readable} from 'node:stream';
import {finished} from 'node:stream/promises';

const maxBytes = 4096;

/** Reads a stream to keep its end. */
export function createTail(stream: Readable) {
  let kept: Buffer = Buffer.alloc(0);
  let cut = false;
  stream.on('data', (chunk: Buffer) => {
    const whole = Buffer.concat([kept, chunk]);
    cut ||= whole.length > maxBytes;
    kept = whole.subarray(-maxBytes);
  });
  return {
    ended: finished(stream).catch(() => undefined),
    /** What came last, from the first whole word on: half of one could be half of a secret, which nobody would know again. */
    text: (): string => (cut ? kept.toString().replace(/^\S*/, '') : kept.toString()),
    /** Goes on reading, so that a process left behind can go on writing, without keeping us alive for it. */
    letGo: (): void => {
      stream.removeAllListeners('data');
      stream.resume();
      if (stream instanceof Socket) stream.unref();
    },
  };
}
