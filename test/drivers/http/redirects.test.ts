import type {RequestListener} from 'node:http';
import {describe, expect, it} from 'vitest';
import {get} from '../../../src/drivers/http/get.ts';
import {contextOf} from '../../helpers/context.ts';
import {serve} from './serve.ts';

describe('drivers/http/redirects', () => {
  it('follows none unless it is told to', async () => {
    const {url, asked} = await serveHops({'/': '/next'});

    expect(await observe(url)).toMatchObject({state: 'indeterminate', code: '302'});
    expect(asked).toEqual(['/ k-1']);
  });

  it('follows them within its origin, with all that it carries', async () => {
    const {url, asked} = await serveHops({'/': '/a/b', '/a/b': '../last?x=y'});

    const observed = await observe(url, {follow: true});

    expect(observed).toMatchObject({state: 'allowed', code: '200', facts: {redirects: 2}});
    expect(asked).toEqual(['/ k-1', '/a/b k-1', '/last?x=y k-1']);
  });

  it.each([301, 302, 303, 307, 308])('follows a %d', async (status) => {
    const {url} = await serveHops({'/': '/next'}, status);

    expect(await observe(url, {follow: true})).toMatchObject({state: 'allowed'});
  });

  it.each([300, 304, 305])('follows no %d', async (status) => {
    const {url} = await serveHops({'/': '/next'}, status);

    expect(await observe(url, {follow: true})).toMatchObject({state: 'indeterminate', code: String(status)});
  });

  it('asks no second origin, whatever the redirect says', async () => {
    const elsewhere = await serveHops({});
    const {url, asked} = await serveHops({'/': elsewhere.url.href});

    expect(await observe(url, {follow: true})).toMatchObject({state: 'indeterminate', code: 'redirected'});
    expect(asked).toHaveLength(1);
    expect(elsewhere.asked).toEqual([]);
  });

  it.each(['//127.0.0.1:1/', 'https://localhost/', 'http://user@HOST/', 'ftp://HOST/', 'http://localhost:PORT/'])(
    'takes %s for another origin',
    async (location) => {
      const hops: Record<string, string> = {};
      const {url} = await serveHops(hops);
      hops['/'] = location.replace('HOST', url.host).replace('PORT', url.port);

      expect(await observe(url, {follow: true})).toMatchObject({state: 'indeterminate', code: 'redirected'});
    },
  );

  it('asks no second origin on a later hop either', async () => {
    const elsewhere = await serveHops({});
    const {url} = await serveHops({'/': '/next', '/next': elsewhere.url.href});

    expect(await observe(url, {follow: true})).toMatchObject({code: 'redirected'});
    expect(elsewhere.asked).toEqual([]);
  });

  it('follows five and no more', async () => {
    const hops = {'/': '/1', '/1': '/2', '/2': '/3', '/3': '/4', '/4': '/5'};
    const five = await serveHops(hops);
    const six = await serveHops({...hops, '/5': '/6'});

    expect(await observe(five.url, {follow: true})).toMatchObject({state: 'allowed', facts: {redirects: 5}});
    expect(await observe(six.url, {follow: true})).toMatchObject({state: 'indeterminate', code: 'too-many-redirects'});
    expect(six.asked).toHaveLength(6);
  });

  it('follows no redirect that is the answer that was asked for', async () => {
    const {url, asked} = await serveHops({'/': '/login'});

    expect(await observe(url, {follow: true, 'denied-status': [302]})).toMatchObject({state: 'denied', code: '302'});
    expect(await observe(url, {follow: true, status: [302]})).toMatchObject({state: 'allowed', code: '302'});
    expect(asked).toHaveLength(2);
  });

  it('takes a redirect to nowhere for an answer', async () => {
    const {url} = await serveHops({'/': 'http://['});

    expect(await observe(url, {follow: true})).toMatchObject({state: 'indeterminate', code: '302'});
  });
});

/** Where each path leads; every other answers 200. */
async function serveHops(hops: Readonly<Record<string, string>>, status = 302) {
  const asked: string[] = [];
  const listener: RequestListener = (request, response) => {
    asked.push(`${request.url} ${request.headers['x-api-key']}`);
    const location = hops[request.url ?? ''];
    if (location === undefined) response.end();
    else response.writeHead(status, {location}).end();
  };
  return {url: await serve(listener), asked};
}

function observe(url: URL, more: object = {}) {
  const input = get.input.parse({url: url.href, headers: {'x-api-key': 'k-1'}, ...more});
  return get.observe(input, contextOf(undefined));
}
