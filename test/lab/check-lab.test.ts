import {describe, expect, it} from 'vitest';
import {checkLab} from '../../lab/check-lab.ts';
import {choosePorts} from '../../lab/ports.ts';

describe('lab/check-lab', () => {
  it('says of each system that it is not there, in a sentence each', async () => {
    const problems = await checkLab({
      data: '/nowhere',
      ports: await choosePorts('auto'),
      variant: 'dynamic',
      processes: {},
    });

    expect(problems).toEqual([
      'not so: OpenBao is up and unsealed',
      'not so: orders-mcp is healthy',
      'not so: checkout is healthy',
      'not so: assistant is healthy',
      'not so: checkout serves orders from the database',
      'not so: orders-mcp answers a tool call on live credentials',
      'not so: assistant answers with the help of orders-mcp',
    ]);
  });
});
