const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Calls `leave` when the process ends before the returned function was called: by itself, by `process.exit`, an exception,
 * or a signal that nobody else listens to. Such a signal then ends the process as it would have without this.
 */
export function onWayOut(leave: () => void): () => void {
  const handlers = signals.map((signal) => {
    const handler = (): void => {
      if (process.listenerCount(signal) > 1) return;
      stop();
      leave();
      process.kill(process.pid, signal);
    };
    return [signal, handler] as const;
  });
  const stop = (): void => {
    process.off('exit', leave);
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
  process.once('exit', leave);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return stop;
}
