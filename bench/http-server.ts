import * as z from 'zod';
import {askChild, endChild} from './children.ts';

export type BenchServer = {readonly url: string; end(): Promise<void>};

export async function startServer(): Promise<BenchServer> {
  const {message, child} = await askChild('serve.ts');
  return {url: z.string().parse(message), end: () => endChild(child)};
}
