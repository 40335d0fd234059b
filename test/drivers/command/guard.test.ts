import {describe, expect, it} from 'vitest';
import {guard} from '../../../src/drivers/command/guard.ts';

const at = (address: readonly string[]) => ({kind: 'command', address});

describe('drivers/command/guard', () => {
  it.each([
    [
      ['node', 'lab/cli.ts'],
      ['node', 'lab/cli.ts'],
    ],
    [
      ['node', 'lab/cli.ts'],
      ['node', 'lab/cli.ts', 'stop', 'orders-mcp'],
    ],
  ])('lets %j cover %j', (entry, target) => {
    expect(guard.covers(at(entry), at(target))).toBe(true);
  });

  it.each([
    [
      ['node', 'lab/cli.ts'],
      ['node', 'lab/cli.ts.evil'],
    ],
    [['node', 'lab/cli.ts'], ['node']],
    [
      ['node', 'lab/cli.ts'],
      ['node', '--eval', 'lab/cli.ts'],
    ],
    [
      ['node lab/cli.ts', 'stop'],
      ['node', 'lab/cli.ts', 'stop'],
    ],
    [['node'], ['node', 'lab/cli.ts']],
  ])('does not let %j cover %j', (entry, target) => {
    expect(guard.covers(at(entry), at(target))).toBe(false);
  });

  it('takes no bare program for an entry', () => {
    expect(guard.address.safeParse(['node']).success).toBe(false);
    expect(guard.address.safeParse('node').success).toBe(false);
    expect(guard.address.safeParse(['node', 'lab/cli.ts']).success).toBe(true);
  });
});
