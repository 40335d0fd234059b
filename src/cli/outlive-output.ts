/**
 * Whoever reads the output may go away in the middle of a run: `| head -1`, a terminal that is closed, a disk that is full.
 * What was said is lost then, and nothing else: an error that nobody listens to would end the process, with staging changed.
 */
export function outliveOutput(): void {
  let isSaid = false;
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (isSaid || hasNoReader(error)) return;
    isSaid = true;
    process.stderr.write(
      `offdrill: Expected to write the result to stdout, got ${error.code}. It is not whole there.\n`,
    );
  });
}

/** Nobody is left to be told. */
function hasNoReader({code}: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'EIO' || code === 'ECONNRESET';
}
