import {openSecret} from './aws-secret.ts';
import {serveJson} from './serve-json.ts';
import {endOnSignal} from './settings.ts';

/** A service beside the integration, with a secret and a user of its own in the same account. It must never notice a drill. */
endOnSignal();
const readKey = await openSecret();
await readKey();

serveJson({
  '/report': async () => {
    await readKey();
    return [200, {lines: 3}];
  },
});
