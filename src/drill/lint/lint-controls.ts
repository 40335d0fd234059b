import type {Doubt, Linted} from './doubt.ts';
import {probeOf} from './probe-of.ts';

/** A denial is believed only while something says that the other side is alive. */
export function lintControls({drill, drivers}: Linted): readonly Doubt[] {
  return Object.entries(drill.access).flatMap(([name, access]): readonly Doubt[] => {
    const probe = probeOf(access, drivers);
    const onlyDenied = access.expect.every((state) => state === 'denied');
    if (access.on !== undefined || probe === undefined || probe.provesItself === true || !onlyDenied) return [];
    return [
      {
        code: 'no-control',
        message: `\`${access.uses}\` works on no connection, so that nothing shows that the other side is alive when it denies: its denials are not believed. Ask by a probe of that system.`,
        path: ['access', name],
        criterion: 'access-removed',
      },
    ];
  });
}
