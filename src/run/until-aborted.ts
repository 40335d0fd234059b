/** How long a call that was told to stop may take to do so, before the run goes on without it. */
export const graceMs = 5000;

/**
 * What `act` comes to, or the signal's reason where it has not ended `grace` ms after the signal aborted. A driver that
 * heeds no signal can't keep a run from rolling back; what it still does is left to itself.
 */
export async function untilAborted<T>(signal: AbortSignal, act: () => Promise<T>, grace = 0): Promise<T> {
  signal.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let giveUp: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    giveUp = () => {
      timer = setTimeout(() => reject(signal.reason), grace);
    };
    signal.addEventListener('abort', giveUp, {once: true});
  });
  try {
    return await Promise.race([act(), aborted]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}

/** What `act` comes to within `ms`; throws where it takes longer. */
export async function within<T>(ms: number, act: () => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new Error(`Expected an end within ${ms} ms, got none.`)), ms);
  try {
    return await untilAborted(limit.signal, act);
  } finally {
    clearTimeout(timer);
  }
}
