import * as z from 'zod';

/** An address without a user or password in it: those belong in a header, where they are never shown. */
export const webAddress = z
  .string()
  .refine(
    (text) => addressOf(text) !== undefined,
    'Expected an http or https URL such as https://shop.example.com/orders, without a user or password in it.',
  )
  .meta({description: 'An http or https URL'});

/** The URL, normalised; undefined where it is none, or where a reference still stands in front of its query. */
export function addressOf(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  if (url.username !== '' || url.password !== '' || /\$\{\{/.test(text.split('?')[0] ?? '')) return undefined;
  url.hash = '';
  return url;
}
