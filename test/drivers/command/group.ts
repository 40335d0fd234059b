import {spawn} from 'node:child_process';
import {readFile} from 'node:fs/promises';
import path from 'node:path';

/** The shell leads the group of all that it starts, so its own id is enough to find them. */
export function noteGroup(script: string): string {
  return `echo $$ > group.new; mv group.new group; ${script}`;
}

/** Who of the group runs; a process that ended and that nobody collected does not. */
export async function livingGroup(base: string): Promise<readonly number[]> {
  return livingIn((await readFile(path.join(base, 'group'), 'utf8')).trim());
}

/** The processes of a group that are not over. */
export async function livingIn(group: string): Promise<readonly number[]> {
  const ps = spawn('ps', ['-A', '-o', 'pgid=,pid=,stat='], {stdio: ['ignore', 'pipe', 'inherit']});
  const lines = Buffer.concat(await ps.stdout.toArray())
    .toString()
    .split('\n');
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([pgid, , stat]) => pgid === group && !stat?.startsWith('Z'))
    .map(([, pid]) => Number(pid));
}
