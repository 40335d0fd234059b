import {describe, expect, it} from 'vitest';
import {guard} from '../../../src/drivers/http/guard.ts';

/** As in a plan, where secrets are not resolved. */
const reference = '\x24{{ secrets.key }}';

const at = (address: string) => ({kind: 'http', address});

describe('drivers/http/guard', () => {
  it.each([
    ['http://shop:8080', 'http://shop:8080/orders'],
    ['http://shop:8080/', 'http://shop:8080/'],
    ['http://shop/a', 'http://shop/a'],
    ['http://shop/a', 'http://shop/a/b?c=d'],
    ['http://shop/a/', 'http://shop/a/b'],
    ['https://SHOP:443/a', 'https://shop/a'],
    ['http://shop/a', `http://shop/a?key=${reference}`],
  ])('lets %s cover %s', (entry, target) => {
    expect(guard.covers(at(entry), at(target))).toBe(true);
  });

  it.each([
    ['http://shop', 'https://shop/'],
    ['http://shop', 'http://shop:8080/'],
    ['http://shop', 'http://shop.evil.example/'],
    ['http://shop', 'http://shop@evil.example/'],
    ['http://shop/a', 'http://shop/ab'],
    ['http://shop/a', 'http://shop/'],
    ['http://shop/a', 'http://shop/a/../b'],
    ['http://shop/a', 'http://shop/a/%2e%2e/b'],
    ['http://shop/a', `http://shop/a/${reference}`],
    ['http://shop', 'no url'],
  ])('does not let %s cover %s', (entry, target) => {
    expect(guard.covers(at(entry), at(target))).toBe(false);
  });
});
