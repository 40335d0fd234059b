import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {copyFileSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, it, onTestFinished} from 'vitest';
import {identifyProcess, type ProcessIdentity, stateOf} from '../../src/api/process-identity.ts';
import {eventually} from '../helpers/eventually.ts';
import {scratchFolder} from '../helpers/scratch-folder.ts';

const module = path.resolve(import.meta.dirname, '../../src/api/process-identity.ts');
const script = `
  import {identifyProcess} from ${JSON.stringify(module)};
  console.log(JSON.stringify(identifyProcess()));
  setInterval(() => undefined, 1000);
`;

describe('api/process-identity', () => {
  it('knows itself', () => {
    const self = identifyProcess();

    expect(self.pid).toBe(process.pid);
    expect(stateOf(self)).toBe('alive');
    expect(identifyProcess()).toEqual(self);
  });

  it('knows another process as long as it lives', async () => {
    const {child, identity} = await start(process.execPath);
    const seen = stateOf(identity);

    child.kill('SIGKILL');
    await once(child, 'exit');

    expect([seen, stateOf(identity)]).toEqual(['alive', 'dead']);
  });

  it.runIf(process.platform === 'linux')('knows a process that nobody has waited for yet for dead', async () => {
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {stdio: ['ignore', 'pipe', 'inherit']});
    onTestFinished(() => void parent.kill('SIGKILL'));
    const [printed] = await once(parent.stdout, 'data');
    const pid = Number(String(printed));
    const startedAt = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19] ?? '';
    const zombie = {...identifyProcess(), pid, startedAt};
    // A shell would wait for it; what it becomes does not.
    await eventually(() => expect(readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n'));

    process.kill(pid, 'SIGKILL');

    await eventually(() => expect(stateOf(zombie)).toBe('dead'));
  });

  it.runIf(process.platform === 'linux')('is not misled by a program whose name holds brackets', async () => {
    const odd = path.join(await scratchFolder('name'), 'a) R 1 (b');
    copyFileSync(process.execPath, odd);

    const {identity} = await start(odd);

    expect(identity.startedAt).toMatch(/^\d+$/);
    expect(stateOf(identity)).toBe('alive');
  });

  it.each([
    ['another boot', {boot: 'another'}, 'dead'],
    ['a process number that was given again', {startedAt: '1'}, 'dead'],
    ['a process number that nobody has', {pid: 2 ** 22 + 1}, 'dead'],
    ['another machine', {machine: 'another'}, 'unknown'],
    ['another host', {host: 'another'}, 'unknown'],
    ['another container', {namespace: 'pid:[1]'}, 'unknown'],
    ['another boot of another machine', {machine: 'another', boot: 'another'}, 'unknown'],
    ['another boot, in another container', {boot: 'another', namespace: 'pid:[1]'}, 'dead'],
  ] as const)('takes a process of %s for what can be told of it', (_what, changes, expected) => {
    expect(stateOf({...identifyProcess(), ...changes})).toBe(expected);
  });
});

async function start(program: string): Promise<{child: ChildProcess; identity: ProcessIdentity}> {
  const child = spawn(program, ['--input-type=module', '-e', script], {stdio: ['ignore', 'pipe', 'inherit']});
  onTestFinished(() => void child.kill('SIGKILL'));
  const [printed] = await once(child.stdout, 'data');
  return {child, identity: JSON.parse(String(printed)) as ProcessIdentity};
}
