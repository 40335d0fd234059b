import * as z from 'zod';
import type {Session} from '../../contract/driver.ts';
import type {Identity} from '../../contract/target.ts';
import {ExchangeError} from '../http-exchange.ts';
import {unanswered} from './failure.ts';
import {type Endpoint, post} from './post.ts';
import {discoverRequest, type Era} from './requests.ts';

/** One endpoint, and the era that it was found to speak. No connection is kept: each question has its own. */
export class McpSession implements Session {
  readonly endpoint: Endpoint;
  /** Set by an answer that only a server of that era gives; a refusal or a failure never sets it. */
  era: Era | undefined;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  /** A server that asks for a credential, or is of the legacy era, says nothing of itself here. */
  async identify(signal: AbortSignal): Promise<Identity> {
    try {
      const {message} = await post(this.endpoint, discoverRequest(), signal);
      const info = discovered.safeParse(message?.result);
      if (!info.success) return {};
      const {name, version} = info.data._meta['io.modelcontextprotocol/serverInfo'];
      return {product: name, version};
    } catch (error) {
      throw error instanceof ExchangeError ? unanswered(this.endpoint.url, error) : error;
    }
  }

  /** Any answer in HTTP shows that something alive is there; what it thinks of a credential is the probe's matter. */
  async control(signal: AbortSignal): Promise<boolean> {
    try {
      await post(this.endpoint, discoverRequest(), signal);
      return true;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {}
}

const discovered = z.object({
  _meta: z.object({'io.modelcontextprotocol/serverInfo': z.object({name: z.string(), version: z.string()})}),
});
