import {describe, it} from 'vitest';
import {expectMistake, type Mistake} from '../expect-mistake.ts';

const mistakes: Readonly<Record<string, Mistake>> = {
  'a connection of an unknown driver': {
    code: 'unknown-driver',
    edits: [['orders-mcp: {driver: mcp,', 'orders-mcp: {driver: «mpc,']],
    suggestion: 'mcp',
  },
  'an unknown input of a connection': {
    code: 'unknown-input',
    edits: [['database: shop, user', 'database: shop, «tsl: require, user']],
    suggestion: 'tls',
  },
};

describe('drill/rules/check-connections', () => {
  it.each(Object.entries(mistakes))('points at %s', async (_what, mistake) => {
    await expectMistake(mistake);
  });
});
