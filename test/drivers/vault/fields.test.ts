import {describe, expect, it} from 'vitest';
import {pathField} from '../../../src/drivers/vault/fields.ts';

describe('drivers/vault/fields', () => {
  it.each(['approle', 'a', 'database/creds/orders-mcp', 'team.a/v1_2/x-y', '.hidden'])('takes %s as a path', (path) => {
    expect(pathField.safeParse(path).success).toBe(true);
  });

  it.each(['', '/a', 'a/', 'a//b', 'a/../b', '..', '.', 'a/.', './a', 'a b', 'a?b', 'a#b', 'a%2fb', 'a\n'])(
    'refuses %j, which would meet another path',
    (path) => {
      expect(pathField.safeParse(path).success).toBe(false);
    },
  );
});
