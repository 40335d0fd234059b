import type {Clock} from '../contract/clock.ts';
import {failureOf} from '../run/context.ts';
import {openDoor} from './intervention-door.ts';
import type {KeptRecord} from './kept-record.ts';

/** Clocks of one machine are one; a person rounds. */
const roundedMs = 60_000;

/**
 * While `act` goes on, what others declare is journalled. A run that can't be spoken to goes on all the same, and says so.
 * `startedAt`: of the run, in milliseconds since the epoch.
 */
export async function takeDeclarations<T>(
  {
    folder,
    record,
    clock,
    startedAt,
  }: {
    readonly folder: string;
    readonly record: KeptRecord;
    readonly clock: Clock;
    readonly startedAt: number;
  },
  act: () => Promise<T>,
): Promise<T> {
  const door = await openDoor(folder, (declaration) => {
    const {at} = declaration;
    if (at > clock.now() + roundedMs || at < startedAt - roundedMs) {
      const span = `${new Date(startedAt).toISOString()} and ${new Date(clock.now()).toISOString()}`;
      return `Expected a time between ${span}, got ${new Date(at).toISOString()}.`;
    }
    record.append({type: 'intervention.declared', data: declaration});
    return undefined;
  }).catch((error: unknown) => {
    const {code, message} = failureOf(error);
    const data = {where: 'door for `offdrill intervene`', code, message};
    record.append({type: 'trouble', data});
    return undefined;
  });
  try {
    return await act();
  } finally {
    await door?.close();
  }
}
