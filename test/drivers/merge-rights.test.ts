import {describe, expect, it} from 'vitest';
import {mergeRights} from '../../src/drivers/merge-rights.ts';

describe('drivers/merge-rights', () => {
  const right = (capability: string, neededBy: string) => ({
    path: 'role/x',
    capabilities: [capability],
    neededBy: [neededBy],
  });
  const without = 'nobody knows';

  it('names each path once, with all that is needed of it and by whom', () => {
    expect(mergeRights([right('b', 'step y'), {...right('a', 'step x'), path: 'a'}, right('a', 'step x')])).toEqual([
      {path: 'a', capabilities: ['a'], neededBy: ['step x']},
      {path: 'role/x', capabilities: ['a', 'b'], neededBy: ['step y', 'step x']},
    ]);
  });

  it('holds a path for optional only where nobody needs it', () => {
    const optional = {...right('a', 'step x'), without};
    const needed = right('b', 'step y');

    expect(mergeRights([optional, {...optional, capabilities: ['c']}])).toMatchObject([{without}]);
    for (const both of [
      [optional, needed],
      [needed, optional],
    ])
      expect(mergeRights(both)[0]).not.toHaveProperty('without');
  });
});
