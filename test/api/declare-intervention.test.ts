import {mkdir, readdir, stat, writeFile} from 'node:fs/promises';
import {createConnection} from 'node:net';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {declareIntervention} from '../../src/api/declare-intervention.ts';
import {type Declaration, openDoor, placeIn} from '../../src/api/intervention-door.ts';
import {scratchFolder} from '../helpers/scratch-folder.ts';

const run = '20261123T225600Z-orders-mcp-k3f9';
const declaration: Declaration = {by: 'Ana Lima', reason: 'Restarted it by hand.', at: 1_795_000_000_000};

async function runFolderIn(stateDir: string): Promise<string> {
  const folder = path.join(stateDir, 'runs', run);
  await mkdir(folder, {recursive: true});
  return folder;
}

/** As somebody who speaks another language. */
async function say(folder: string, line: string): Promise<unknown> {
  const place = await placeIn(folder);
  const text = await new Promise<string>((resolve, reject) => {
    const socket = createConnection(place.name, () => socket.write(line));
    let answer = '';
    socket.setEncoding('utf8').on('data', (piece) => {
      answer += piece;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
  await place.close();
  return JSON.parse(text);
}

describe('api/declare-intervention', () => {
  it.each(['here', 'x'.repeat(150)])('reaches a run that goes on, in a folder named %s', async (name) => {
    const stateDir = path.join(await scratchFolder('door'), name);
    const folder = await runFolderIn(stateDir);
    const taken: Declaration[] = [];
    const door = await openDoor(folder, (said) => {
      taken.push(said);
      return undefined;
    });

    const declared = await declareIntervention(declaration, {stateDir, run: '20261123'});
    await door.close();

    expect(declared).toEqual({ok: true, value: run});
    expect(taken).toEqual([declaration]);
  });

  it('tells why it was not taken', async () => {
    const stateDir = await scratchFolder('door');
    const door = await openDoor(await runFolderIn(stateDir), () => 'Expected a time of this run.');

    const declared = await declareIntervention(declaration, {stateDir, run});
    await door.close();

    expect(declared).toEqual({ok: false, error: 'Expected a time of this run.'});
  });

  it('lets in nobody else, and leaves nothing behind', async () => {
    const folder = await runFolderIn(await scratchFolder('door'));

    const door = await openDoor(folder, () => undefined);
    const mode = (await stat(path.join(folder, 'door.sock'))).mode & 0o777;
    await door.close();

    expect(mode).toBe(0o600);
    expect(await readdir(folder)).toEqual([]);
  });

  it('opens where a process that was killed left its door', async () => {
    const stateDir = await scratchFolder('door');
    const folder = await runFolderIn(stateDir);
    await writeFile(path.join(folder, 'door.sock'), '');

    const door = await openDoor(folder, () => undefined);
    const declared = await declareIntervention(declaration, {stateDir, run});
    await door.close();

    expect(declared.ok).toBe(true);
  });

  it.each([
    'x\n',
    '{}\n',
    `${JSON.stringify({...declaration, by: ' '})}\n`,
    `${JSON.stringify({...declaration, more: 1})}\n`,
    'x'.repeat(20_000),
  ])('takes nothing of what is no declaration (%#)', async (line) => {
    const folder = await runFolderIn(await scratchFolder('door'));
    const taken: Declaration[] = [];
    const door = await openDoor(folder, (said) => {
      taken.push(said);
      return undefined;
    });

    const answer = await say(folder, line);
    await door.close();

    expect(answer).toEqual({refused: expect.stringContaining('Expected who helped and why')});
    expect(taken).toEqual([]);
  });

  it('refuses where nobody listens, no run is, or nothing is said', async () => {
    const stateDir = await scratchFolder('door');
    await runFolderIn(stateDir);
    const at = (where: string) => declareIntervention(declaration, {stateDir, run: where});

    expect(await at(run)).toEqual({ok: false, error: expect.stringContaining('to go on, and it does not')});
    expect(await at('other')).toEqual({ok: false, error: expect.stringContaining('and there is none')});
    expect(await declareIntervention({...declaration, reason: ' '}, {stateDir, run})).toEqual({
      ok: false,
      error: 'Expected a name (1 to 200 characters) and a reason (1 to 2000 characters).',
    });
  });
});
