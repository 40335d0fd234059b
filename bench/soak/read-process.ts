import {readdir, readFile} from 'node:fs/promises';

export type ProcessReading = {readonly at: number; readonly rssMb: number; readonly descriptors: number};

/** What the kernel knows of a process; undefined once it is gone. */
export async function readProcess(pid: number, at: number): Promise<ProcessReading | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const rssKb = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
    const descriptors = (await readdir(`/proc/${pid}/fd`)).length;
    return Number.isNaN(rssKb) ? undefined : {at, rssMb: rssKb / 1024, descriptors};
  } catch {
    return undefined;
  }
}
