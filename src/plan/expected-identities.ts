import type {GuardEntry} from '../contract/target.ts';
import type {PlannedConnection} from './plan.ts';

/** Who the guard expects the server of a connection to say it is; none where it expects nobody. */
export function expectedIdentities(
  guard: readonly GuardEntry[],
  {driver, targets}: Pick<PlannedConnection, 'driver' | 'targets'>,
): readonly string[] {
  return targets
    .flatMap((target) => guard.filter((entry) => entry.kind === target.kind && driver.guard.covers(entry, target)))
    .flatMap(({cluster}) => (cluster === undefined ? [] : [cluster]));
}
