import type {Target} from '../../contract/target.ts';
import {addressOf} from './address.ts';

/** What a request touches; all of its origin where redirects are followed, since they may lead anywhere in it. */
export function targetsOf({url, follow = false}: {readonly url: string; readonly follow?: boolean}): readonly Target[] {
  const address = addressOf(url);
  const asked = {kind: 'http', address: address?.href ?? url};
  return follow && address !== undefined ? [asked, {kind: 'http', address: `${address.origin}/`}] : [asked];
}
