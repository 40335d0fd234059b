import {once} from 'node:events';
import {createServer, type IncomingMessage, request} from 'node:http';

export type ForgetfulProxy = {
  readonly address: string;
  /** From now on every answer is passed on. */
  remember(): void;
  close(): Promise<void>;
};

/** Passes everything on to a server, and breaks off instead of passing on the answer to what is meant: it took, and nobody was told. */
export async function startForgetfulProxy(
  target: string,
  isMeant: (asked: {readonly method: string; readonly url: string}) => boolean,
): Promise<ForgetfulProxy> {
  let forgets = true;
  const server = createServer((asked, answer) => {
    const {method = '', url = '', headers} = asked;
    const passed = request(new URL(url, target), {method, headers}, (given: IncomingMessage) => {
      if (!forgets || !isMeant({method, url})) {
        answer.writeHead(given.statusCode ?? 0, given.headers);
        given.pipe(answer);
        return;
      }
      given.resume().on('end', () => asked.socket.destroy());
    });
    asked.pipe(passed);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return {
    address: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    remember: () => {
      forgets = false;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
