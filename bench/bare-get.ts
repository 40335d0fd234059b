import http from 'node:http';

const once = {agent: false, headers: {connection: 'close'}} as const;

/** What asking costs at least: one request by `node:http`, over a connection of its own, read to its end. */
export function bareGet(url: URL): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, once, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks).length));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}
