import {createServer} from 'node:http';
import {Credentials} from './credentials.ts';
import {Database} from './database.ts';
import {endOnSignal, readSetting} from './settings.ts';

/** A service beside the integration, on the same OpenBao and PostgreSQL. It must never notice a drill. */
endOnSignal();
const startedAt = new Date().toISOString();
const credentials = new Credentials({
  address: readSetting('LAB_VAULT'),
  folder: readSetting('LAB_CREDENTIALS'),
  database: readSetting('LAB_DATABASE_CREDENTIAL'),
});
const database = new Database(credentials, readSetting('LAB_POSTGRES'));
await database.start();

const server = createServer(async (request, response) => {
  const answer = (status: number, body: unknown): void =>
    void response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(body));
  if (request.url === '/healthz') return answer(200, {startedAt});
  if (request.url !== '/orders') return answer(404, {startedAt});
  try {
    const [row] = await database.query('select count(*)::int as orders from orders');
    return answer(200, {...row, startedAt});
  } catch {
    return answer(500, {startedAt});
  }
});
server.listen(Number(readSetting('LAB_PORT')), readSetting('LAB_HOST'));
