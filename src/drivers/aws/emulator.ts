import {exchange} from '../http-exchange.ts';
import type {Place} from './place.ts';

/** By a page that only the one has. */
const pages = {moto: '/moto-api/data.json', LocalStack: '/_localstack/health'} as const;

/** What stands at the endpoint, as far as it can be told. */
export async function nameEmulator({endpoint = ''}: Place, signal: AbortSignal): Promise<string> {
  for (const [name, page] of Object.entries(pages)) {
    if (await hasPage(new URL(page, endpoint), signal)) return name;
  }
  return 'an emulator';
}

async function hasPage(url: URL, signal: AbortSignal): Promise<boolean> {
  try {
    const {status} = await exchange({method: 'GET', url, timeoutMs: 2000, maxBodyBytes: 1024, signal});
    return status === 200;
  } catch {
    return false;
  }
}
