import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {labFor, readVariant} from '../../lab/variants.ts';
import {projectFolder} from '../helpers/run-cli.ts';

describe('lab/variants', () => {
  it.each([
    ['drills/orders-mcp.yaml', 'dynamic'],
    ['drills/orders-mcp-token-only.yaml', 'dynamic'],
    ['drills/orders-mcp-batch.yaml', 'batch'],
    ['/elsewhere/orders-mcp-static-complete.yml', 'static'],
    ['drills/orders-mcp-statics.yaml', 'dynamic'],
    ['drills/static.yaml', 'dynamic'],
    ['drills/billing-mcp-aws.yaml', 'aws'],
    ['drills/billing-mcp.yaml', 'dynamic'],
  ])('gives %s a lab that is %s', (file, variant) => {
    expect(labFor(file)).toBe(variant);
  });

  it('has a drill for each variant', async () => {
    const drills = await readdir(path.join(projectFolder, 'drills'));

    expect([...new Set(drills.map(labFor))].toSorted()).toEqual([
      'aws',
      'batch',
      'dynamic',
      'expiry',
      'respawn',
      'shared',
      'static',
    ]);
  });

  it('says which there are', () => {
    expect(readVariant('batch')).toBe('batch');
    expect(() => readVariant('bach')).toThrow(
      'Expected --variant to be one of dynamic, static, batch, expiry, shared, respawn, aws, got `bach`.',
    );
  });
});
