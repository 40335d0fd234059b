import {createServer} from 'node:http';

/**
 * Whom all HTTP measurements ask, in a process of its own: `/` answers at once, `/slow` after a second, `/guarded` until
 * some time after `POST /deny`; `/record` tells since when it refused, to the fraction of a millisecond.
 */
let deniesSince: number | undefined;
let record = 0;
const now = (): number => performance.timeOrigin + performance.now();

const server = createServer((request, response) => {
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, {'content-type': 'application/json'});
    response.end(JSON.stringify(body));
  };
  switch (request.url) {
    case '/slow':
      setTimeout(() => answer(200, {ok: true}), 1000);
      return;
    case '/guarded':
      answer(deniesSince === undefined ? 200 : 401, {ok: deniesSince === undefined});
      return;
    case '/deny':
      // At a time that nobody who asked for it can foresee.
      setTimeout(
        () => {
          record = now();
          deniesSince = record;
        },
        20 + 100 * Math.random(),
      );
      answer(200, {ok: true});
      return;
    case '/allow':
      deniesSince = undefined;
      answer(200, {ok: true});
      return;
    case '/record':
      answer(200, {deniedSince: record});
      return;
    default:
      answer(200, {ok: true});
  }
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.send?.(`http://127.0.0.1:${address.port}`);
});
process.on('disconnect', () => process.exit());
