import * as z from 'zod';
import type {GuardKind} from '../../contract/driver.ts';

/** An entry is the beginning of an argv, word by word. Never a bare program: `node` alone would allow anything. */
export const guard: GuardKind = {
  address: z
    .array(z.string().min(1))
    .min(2, 'Expected the beginning of an argv, of two words at least, such as [node, lab/cli.ts].'),
  identity: 'none',
  covers(entry, target) {
    const [allowed, asked] = [entry.address, target.address];
    if (typeof allowed === 'string' || typeof asked === 'string' || allowed.length < 2) return false;
    return allowed.every((word, at) => asked[at] === word);
  },
};
