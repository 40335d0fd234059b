import type {Doubt, Linted} from './doubt.ts';
import {captureOf} from './probe-of.ts';

/** Siblings prove that the right is gone; only what was taken proves that the integration's own holdings are. */
export function lintCaptures({drill, drivers}: Linted): readonly Doubt[] {
  if (Object.values(drill.capture).some((call) => captureOf(call, drivers)?.kind === 'taken')) return [];
  const message =
    Object.keys(drill.capture).length === 0
      ? 'Nothing is captured that the integration really holds: what it held before may live on unseen. Capture it, by `vault/holdings` or `postgres/sessions`.'
      : 'All captures are minted: siblings of what the integration holds, which prove that the right is gone, and not that its own holdings are. Capture those too, by `vault/holdings` or `postgres/sessions`.';
  const path = Object.keys(drill.capture).length === 0 ? ['access'] : ['capture'];
  return [{code: 'no-taken-capture', message, path, criterion: 'access-removed'}];
}
