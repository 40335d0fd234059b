import type {RequestListener} from 'node:http';
import {describe, expect, it} from 'vitest';
import {get} from '../../../src/drivers/http/get.ts';
import {contextOf} from '../../helpers/context.ts';
import {serve} from './serve.ts';

const answer = {status: 'disabled', since: 3, owner: null, servers: [{name: 'orders', tools: ['a', 'b']}, {name: 'x'}]};

describe('drivers/http/expectations', () => {
  it.each([
    {status: 'disabled'},
    {owner: null, since: 3},
    {servers: []},
    {servers: [{tools: ['a']}]},
    {servers: [{}, {name: 'x'}]},
    {},
  ])('is allowed where the answer contains %j', async (json) => {
    expect(await observe((_request, response) => response.end(JSON.stringify(answer)), {json})).toMatchObject({
      state: 'allowed',
      code: '200',
    });
  });

  it.each<[object]>([
    [{status: 'enabled'}],
    [{since: '3'}],
    [{owner: {}}],
    [{absent: null}],
    [{servers: [{name: 'x'}]}],
    [{servers: [{}, {}, {}]}],
    [{servers: {0: {name: 'orders'}}}],
    [{status: ['disabled']}],
    [{toString: {}}],
    [[]],
  ])('is indeterminate where the answer does not contain %j', async (json) => {
    expect(await observe((_request, response) => response.end(JSON.stringify(answer)), {json})).toMatchObject({
      state: 'indeterminate',
      code: 'json-differs',
    });
  });

  it('holds a list against a list, item by item in its place', async () => {
    const listener: RequestListener = (_request, response) => response.end('[{"id":1,"a":2},{"id":3}]');

    expect(await observe(listener, {json: [{id: 1}]})).toMatchObject({state: 'allowed'});
    expect(await observe(listener, {json: [{id: 3}]})).toMatchObject({code: 'json-differs'});
  });

  it.each([
    ['is no JSON', '<html>', {}, 'body-not-json'],
    ['is empty', '', {}, 'body-not-json'],
    ['is over its limit', '{"a":1}', {'body-limit': 6}, 'body-too-large'],
  ])('is indeterminate where the body %s', async (_title, body, more, code) => {
    const listener: RequestListener = (_request, response) => response.end(body);

    expect(await observe(listener, {json: {}, ...more})).toMatchObject({state: 'indeterminate', code});
    expect(await observe(listener, more)).toMatchObject({state: 'allowed', code: '200'});
  });

  it('reads a body of just the limit', async () => {
    const listener: RequestListener = (_request, response) => response.end('{"a":1}');

    expect(await observe(listener, {json: {a: 1}, 'body-limit': 7})).toMatchObject({state: 'allowed'});
  });

  it.each<[object, string]>([
    [{'X-Feature': 'off'}, '200'],
    [{'x-feature': 'off', vary: 'a, b'}, '200'],
    [{'x-feature': 'on'}, 'header-differs'],
    [{'x-none': ''}, 'header-differs'],
  ])('holds the headers of the answer against %j: %s', async (wanted, code) => {
    const listener: RequestListener = (_request, response) =>
      response
        .setHeaders(
          new Map<string, string | string[]>([
            ['x-feature', 'off'],
            ['vary', ['a', 'b']],
          ]),
        )
        .end();

    const observed = await observe(listener, {'answer-headers': wanted});

    expect(observed).toMatchObject({state: code === '200' ? 'allowed' : 'indeterminate', code});
  });

  it('looks for nothing in a refusal', async () => {
    const listener: RequestListener = (_request, response) => response.writeHead(401).end();

    const observed = await observe(listener, {json: {a: 1}, 'answer-headers': {x: 'y'}});

    expect(observed).toMatchObject({state: 'denied', code: '401', ownControl: true});
  });

  it.each([404, 410, 302])('takes a %d for a denial where the drill says so', async (status) => {
    const listener: RequestListener = (_request, response) => response.writeHead(status, {location: '/'}).end();

    const observed = await observe(listener, {'denied-status': [404, 410, 302]});

    expect(observed).toMatchObject({state: 'denied', code: String(status), ownControl: true});
  });

  it('lets the drill say that a 403 means that it works', async () => {
    const listener: RequestListener = (_request, response) => response.writeHead(403).end();

    expect(await observe(listener, {status: [403]})).toMatchObject({state: 'allowed', code: '403'});
  });

  it('tells where the time went', async () => {
    const {facts = {}} = await observe((_request, response) => response.end());

    expect(Object.keys(facts)).toEqual(['connectMs', 'firstByteMs', 'totalMs']);
    for (const ms of Object.values(facts)) expect(ms).toBeGreaterThanOrEqual(0);
  });
});

async function observe(listener: RequestListener, more: object = {}) {
  const {href} = await serve(listener);
  return get.observe(get.input.parse({url: href, ...more}), contextOf(undefined));
}
