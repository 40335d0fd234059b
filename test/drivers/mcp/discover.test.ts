import {describe, expect, it} from 'vitest';
import {discover} from '../../../src/drivers/mcp/discover.ts';
import type {McpSession} from '../../../src/drivers/mcp/session.ts';
import {contextOf} from '../../helpers/context.ts';
import {listen, startOrders} from './orders-server.ts';
import {during, serveAnswers, sessionAt} from './rig.ts';

describe('drivers/mcp/discover', () => {
  it('asks a server of the newer era by server/discover', async () => {
    const server = await during(startOrders('modern'));

    const observed = await observe(sessionAt(server));

    expect(observed).toEqual({state: 'allowed', code: '200', facts: {era: '2026-07-28', status: 200}});
    expect(server.seen.map(({headers}) => headers['mcp-method'])).toEqual(['server/discover']);
  });

  it.each(['auto', '2025-11-25'])('asks a server of the older era by initialize (%s)', async (era) => {
    const server = await during(startOrders('legacy-sessions'));
    const session = sessionAt(server);

    const observed = await observe(session, {era});

    const facts = {era: '2025-11-25', status: 200, revision: '2025-11-25'};
    expect(observed).toEqual({state: 'allowed', code: '200', facts});
    expect(server.seen.at(-1)?.http).toBe('DELETE');
  });

  it('tells a revision before the one that was offered', async () => {
    const server = await serveAnswers(({method}) =>
      method === 'initialize' ? {result: {protocolVersion: '2025-03-26'}} : {status: 202},
    );

    const observed = await observe(sessionAt(server), {era: '2025-11-25'});

    expect(observed).toMatchObject({state: 'allowed', facts: {revision: '2025-03-26'}});
  });

  it('remembers the era that it found, for whoever asks next', async () => {
    const session = sessionAt(await during(startOrders('legacy-sessions')));

    await observe(session);

    expect(session.era).toBe('2025-11-25');
  });

  it('keeps what is known of the era when another finds nothing', async () => {
    const tokens = new Set(['integration']);
    const session = sessionAt(await during(startOrders('both', {tokens})));

    await Promise.all([observe(session, {token: 'integration'}), observe(session), observe(session)]);

    expect(session.era).toBe('2026-07-28');
  });

  it('takes a 401 for the wall of a living server', async () => {
    const session = sessionAt(await during(startOrders('both', {tokens: new Set()})));

    expect(await observe(session)).toMatchObject({state: 'denied', code: '401', ownControl: true});
  });

  it('takes a 403 with insufficient_scope for a denial', async () => {
    const challenge = 'Bearer error="insufficient_scope", scope="orders:read"';
    const server = await during(
      listen((_request, response) => response.writeHead(403, {'www-authenticate': challenge}).end()),
    );

    expect(await observe(sessionAt(server), {token: 'narrow'})).toMatchObject({state: 'denied', code: '403'});
  });

  it('takes the answer of a server that knows only other revisions for no success', async () => {
    const server = await serveAnswers(() => ({
      status: 400,
      error: {code: -32022, message: 'Unsupported protocol version', data: {supported: ['2027-01-01']}},
    }));

    const session = sessionAt(server);

    expect(await observe(session)).toEqual({state: 'indeterminate', code: 'jsonrpc:-32022', facts: {status: 400}});
    expect(session.era).toBeUndefined();
  });

  it('is a hint, since its answer may come from a cache too', () => {
    expect(discover.hint).toBe(true);
  });

  it('carries a credential where a token is given', () => {
    expect(discover.carriesCredential(discover.input.parse({token: 'secret'}))).toBe(true);
    expect(discover.carriesCredential(discover.input.parse({}))).toBe(false);
  });
});

function observe(session: McpSession, given: Record<string, unknown> = {}) {
  return discover.observe(discover.input.parse(given), contextOf(session));
}
