import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Probe} from '../../contract/operation.ts';
import {observeTrouble} from './failure.ts';
import {kvFields, kvNeed, numbersOf, readMetadata} from './kv.ts';
import type {VaultSession} from './session.ts';

const input = z.strictObject({
  ...kvFields,
  versions: z.array(z.int()).optional().meta({
    description: 'Those that were captured, so that what is written later does not count; all otherwise',
  }),
});

/** To delete the latest leaves the older ones, which often hold the same value. Deleted is not destroyed: it can be undeleted. */
export const kvVersions: Probe<z.infer<typeof input>, VaultSession> = {
  description: 'Whether any version of a KV secret can still be read, the older ones too.',
  input,
  needs: (given) => [kvNeed(given, 'metadata', 'read')],
  carriesCredential: () => true,
  observe: async (given, ctx) => {
    try {
      const {versions} = await readMetadata(given, ctx);
      const meant = versions.filter(({version}) => given.versions?.includes(version) ?? true);
      const readable = numbersOf(meant, 'readable');
      const deleted = numbersOf(meant, 'deleted').length;
      const facts = {readable: readable.length, deleted, versions: meant.length};
      if (readable.length > 0) return {state: 'allowed', code: `readable:${readable.join(',')}`, facts};
      return deleted > 0
        ? {state: 'denied', code: 'deleted', surface: 'disarmed', facts}
        : {state: 'denied', code: 'destroyed', facts};
    } catch (error) {
      // A typo finds none either.
      if (error instanceof DriverError && error.code === 'not-found')
        return {state: 'indeterminate', code: 'no-such-secret'};
      return observeTrouble(error);
    }
  },
};
