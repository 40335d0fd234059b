import {chmod, type FileHandle, open, rm} from 'node:fs/promises';
import {createServer, type Server, type Socket} from 'node:net';
import path from 'node:path';
import * as z from 'zod';

/** What somebody says to have done while a run goes on. `at`: when, in milliseconds since the epoch. */
export type Declaration = {readonly by: string; readonly reason: string; readonly at: number};

export const declarationSchema = z.strictObject({
  by: z.string().trim().min(1).max(200),
  reason: z.string().trim().min(1).max(2000),
  at: z.number(),
});

/** Refusals are sentences; `undefined` is taken. */
type Take = (declaration: Declaration) => string | undefined;

const socketName = 'door.sock';
const longestLine = 16_384;
/** What the system takes as the name of a socket, its end included. */
const longestName = 100;

/**
 * Lets others speak to a run that goes on, through a socket in its folder, which nobody but its owner may enter: so there
 * stays one writer of the journal. Close it before the run is judged.
 */
export async function openDoor(folder: string, take: Take): Promise<{close(): Promise<void>}> {
  const place = await placeIn(folder);
  // What a process that was killed left behind.
  await rm(path.join(folder, socketName), {force: true});
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    listen(socket, take);
  });
  try {
    await listening(server, place.name);
    await chmod(path.join(folder, socketName), 0o600);
  } catch (error) {
    await place.close();
    throw error;
  }
  return {
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(path.join(folder, socketName), {force: true});
      await place.close();
    },
  };
}

/** The name by which to speak to a run, wherever its folder is. Close it afterwards. */
export async function placeIn(folder: string): Promise<{readonly name: string; close(): Promise<void>}> {
  const name = path.join(folder, socketName);
  if (Buffer.byteLength(name) < longestName) return {name, close: async () => undefined};
  const handle: FileHandle = await open(folder, 'r');
  return {name: `/proc/self/fd/${handle.fd}/${socketName}`, close: () => handle.close()};
}

function listening(server: Server, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(name, resolve);
  });
}

/** One line, one answer. Whatever is said here, the run goes on. */
function listen(socket: Socket, take: Take): void {
  let said = '';
  socket.setEncoding('utf8');
  socket.on('error', () => undefined);
  socket.on('data', (piece) => {
    said += piece;
    const end = said.indexOf('\n');
    if (end < 0 && said.length <= longestLine) return;
    socket.removeAllListeners('data');
    socket.end(`${JSON.stringify({refused: answer(said.slice(0, end), take)})}\n`);
  });
}

function answer(line: string, take: Take): string | undefined {
  try {
    return take(declarationSchema.parse(JSON.parse(line)));
  } catch {
    return 'Expected who helped and why, in one line of JSON, and it could not be taken.';
  }
}
