import {describe, expect, it} from 'vitest';
import {checkAws} from '../../lab/check-aws.ts';
import {chooseAwsPorts} from '../../lab/ports.ts';

describe('lab/check-aws', () => {
  it('says of each system that it is not there, in a sentence each', async () => {
    const problems = await checkAws({
      data: '/nowhere',
      ports: await chooseAwsPorts('auto'),
      variant: 'aws',
      processes: {},
    });

    expect(problems).toEqual([
      'not so: moto is up',
      'not so: billing-api is healthy',
      'not so: billing-mcp is healthy',
      'not so: reporting is healthy',
      'not so: billing-mcp answers a tool call on live credentials',
      'not so: reporting reads its secret',
    ]);
  });
});
