import {referencesIn} from '../references.ts';
import type {Doubt, Linted} from './doubt.ts';
import {captureOf} from './probe-of.ts';

/** A new login that is refused says nothing of the sessions that are open. */
export function lintSessions({drill, drivers}: Linted): readonly Doubt[] {
  const changed = [...new Set(drill.shutdown.flatMap(({on}) => on ?? []))];
  return changed.flatMap((name): readonly Doubt[] => {
    const driver = drivers.get(drill.connections[name]?.driver ?? '');
    const hasSessions = Object.values(driver?.probes ?? {}).some(({hold}) => hold !== undefined);
    const asked = Object.values(drill.access).filter(({on}) => on === name);
    const seesSessions = asked.some(
      (access) =>
        access.session === 'held' ||
        referencesIn(access.with).some(({context, path}) => {
          const capture = drill.capture[path[0] ?? ''];
          const isTaken = capture !== undefined && captureOf(capture, drivers)?.kind === 'taken';
          return context === 'capture' && isTaken && capture.on === name;
        }),
    );
    if (!hasSessions || seesSessions) return [];
    return [
      {
        code: 'no-held-session',
        message: `A step changes \`${name}\`, and no access sees the sessions that were open before: a login that is refused says nothing of them. Add one with \`session: held\`, or capture the sessions.`,
        path: ['connections', name],
        criterion: 'access-removed',
      },
    ];
  });
}
