import {acceptedKeys, digestOf} from '../billing-keys.ts';
import {serveJson} from './serve-json.ts';
import {endOnSignal, readSetting} from './settings.ts';

/** What the integration calls: a service of somebody else's, with keys that can be changed while it runs. */
endOnSignal();
const folder = readSetting('LAB_KEYS');
const invoices = Array.from({length: 20}, (_, index) => ({id: index + 1, cents: (index * 1307) % 50_000}));

serveJson({
  '/invoices': async ({headers}) => {
    const [, key = ''] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? [];
    return (await acceptedKeys(folder)).includes(digestOf(key)) ? [200, {invoices}] : [401, {}];
  },
  '/keys': async () => [200, {accepted: (await acceptedKeys(folder)).length}],
});
