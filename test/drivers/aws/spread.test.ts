import {describe, expect, it} from 'vitest';
import {aws} from '../../../src/drivers/aws/index.ts';

describe('drivers/aws/spread', () => {
  it.each(Object.entries(aws.actions))(
    'eventual consistency: reads %s back for longer than a moment',
    (_name, {within = 0}) => {
      expect(within).toBeGreaterThanOrEqual(60_000);
      // Of a run, whose rollback may take no longer than the run: several steps have to fit in.
      expect(within).toBeLessThanOrEqual(300_000);
    },
  );
});
