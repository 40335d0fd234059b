import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {requestAction} from '../../../src/drivers/http/request-action.ts';
import {runLines} from '../../fixtures/drivers/run-lines.ts';
import {scratchFolder} from '../../helpers/scratch-folder.ts';
import {reference} from '../../run/fake-drill.ts';
import {serve} from './serve.ts';

describe('drivers/http by hand', () => {
  const linesOf = (given: object): readonly string[] => {
    const known = requestAction.input.parse(given);
    return requestAction.byHand?.(known, {connection: undefined, base: '/srv'}) ?? [];
  };
  const recorder = async (status = 204) => {
    const seen: unknown[] = [];
    const url = await serve(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      const {authorization, 'content-type': type} = request.headers;
      seen.push({method: request.method, url: request.url, authorization, type, body});
      response.writeHead(status).end();
    });
    return {seen, url};
  };

  it('sends the request as a run does', async () => {
    const {seen, url} = await recorder();
    const body = {text: `it's "a" $b [1-3] {x,y}`, on: true};
    const given = {url: new URL('/a[1]?b={c,d}', url).href, method: 'PATCH', headers: {authorization: 'Basic x'}, body};

    const {exitCode, stdout} = await runLines(linesOf(given), {env: {http_proxy: 'http://127.0.0.1:1'}});

    expect({exitCode, stdout}).toEqual({exitCode: 0, stdout: 'Done: it answered 204.\n'});
    expect(seen).toEqual([
      {
        method: 'PATCH',
        url: new URL(given.url).pathname + new URL(given.url).search,
        authorization: 'Basic x',
        type: 'application/json',
        body: JSON.stringify(body),
      },
    ]);
  });

  it('asks for what headers and URL hold, and starts no process with it', async () => {
    const {seen, url} = await recorder();
    const given = {
      url: `${url.href}a?key=${reference('secrets.key')}`,
      method: 'DELETE',
      headers: {authorization: `Bearer ${reference('secrets.gateway-admin')}`},
    };

    const lines = linesOf(given);
    const {exitCode, stdout, stderr} = await runLines(lines, {input: 'a"b\\c $d\nk-1\n'});

    expect({exitCode, stdout}).toEqual({exitCode: 0, stdout: 'Done: it answered 204.\n'});
    expect(seen).toMatchObject([{method: 'DELETE', url: '/a?key=k-1', authorization: 'Bearer a"b\\c $d'}]);
    expect(stderr).not.toContain('k-1');
    const curl = lines.find((line) => line.includes('curl'))?.split('| curl')[1];
    expect(curl).not.toContain('$secrets');
  });

  it('takes a body that holds what is not known from a file', async () => {
    const {seen, url} = await recorder();
    const file = path.join(await scratchFolder('body'), 'body.json');
    await writeFile(file, '{"key":"k-1"}');

    const lines = linesOf({url: url.href, method: 'POST', body: {key: reference('secrets.key')}});
    const {exitCode, stderr} = await runLines(lines, {input: `${file}\n`});

    expect(exitCode).toBe(0);
    expect(stderr).toContain('with the values in place: {"key":');
    expect(seen).toMatchObject([{method: 'POST', body: '{"key":"k-1"}'}]);
  });

  it('does not say that it is done at another status', async () => {
    const {url} = await recorder(403);

    const {exitCode, stdout, stderr} = await runLines(linesOf({url: url.href, method: 'PUT', status: [200, 404]}));

    expect({exitCode, stdout}).toEqual({exitCode: 1, stdout: ''});
    expect(stderr).toBe('It answered 403, not 200 or 404.\n');
  });
});
