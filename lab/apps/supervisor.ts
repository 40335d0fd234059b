import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {startApp} from '../apps.ts';
import {standby} from '../furnish-bao.ts';
import {isRunning} from '../processes.ts';
import {readStateIn} from '../state.ts';
import {endOnSignal, readSetting} from './settings.ts';

/** Starts orders-mcp again when it has been gone for a while, whoever stopped it, on a secret-id of its own. */
endOnSignal();
const data = path.resolve(readSetting('LAB_DATA'));
const everyMs = 100;
const patienceMs = 2000;

for (let goneMs = 0; ; goneMs += everyMs) {
  await delay(everyMs);
  const state = await readStateIn(data);
  // A lab that is gone needs nobody who watches it.
  if (state === undefined || state.variant === 'aws') break;
  const running = state.processes['orders-mcp'];
  if (running !== undefined && isRunning(running)) {
    goneMs = 0;
    continue;
  }
  if (goneMs < patienceMs) continue;
  goneMs = 0;
  await startApp(state, 'orders-mcp', standby).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : 'something was thrown that is no error');
  });
}
