import {get} from '../../src/drivers/http/get.ts';
import {bareGet} from '../bare-get.ts';
import {type BenchServer, startServer} from '../http-server.ts';
import type {Measurement} from '../measurement.ts';
import {createProbeContext} from '../probe-context.ts';
import {timed} from './timed.ts';

const count = 500;
const name = `${count} HTTP probes`;
let server: BenchServer | undefined;

/** One after the other, each over a connection of its own, asked of a server in another process. */
export const httpProbes: Measurement = {
  name: 'http-probes',
  rows: [{name, unit: 'ms', goal: {kind: 'ratio', atMost: 1.4}}],
  async prepare() {
    server = await startServer();
    return server.end;
  },
  async measure() {
    const url = new URL(server?.url ?? '');
    const input = get.input.parse({url: url.href});
    const context = createProbeContext(new AbortController().signal);

    const floor = await timed(() => repeat(() => bareGet(url)));
    const value = await timed(() =>
      repeat(async () => {
        const {state} = await get.observe(input, context);
        if (state !== 'allowed') throw new Error(`Expected each sample to be allowed, got \`${state}\`.`);
      }),
    );
    return new Map([[name, {value, floor}]]);
  },
};

async function repeat(act: () => Promise<unknown>): Promise<void> {
  for (let at = 0; at < count; at++) await act();
}
