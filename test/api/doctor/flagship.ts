import path from 'node:path';
import {planDrill} from '../../../src/api/read-drill.ts';
import type {Plan} from '../../../src/plan/plan.ts';

const file = path.resolve(import.meta.dirname, '../../../drills/orders-mcp.yaml');
const vars = {
  vault: 'http://127.0.0.1:1',
  postgres: '127.0.0.1:2',
  checkout: 'http://127.0.0.1:3',
  assistant: 'http://127.0.0.1:4',
  'orders-mcp': 'http://127.0.0.1:5/mcp',
};

/** The plan of the flagship, at addresses where nobody is. */
export async function planFlagship(base?: string): Promise<Plan> {
  const planned = await planDrill({file, vars, env: {}, ...(base === undefined ? {} : {base})});
  if (!planned.ok) throw new Error(planned.error.render({color: false}));
  return planned.value.plan;
}
