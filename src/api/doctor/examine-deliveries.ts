import {access, constants, stat} from 'node:fs/promises';
import path from 'node:path';
import type {Plan} from '../../plan/plan.ts';
import {callsOf} from '../../plan/rights-needed.ts';
import type {Finding} from '../../report/finding.ts';

/** Whether what is issued anew can be delivered: `deliver-to` names a file that is written beside itself and renamed. */
export async function examineDeliveries(plan: Plan): Promise<readonly Finding[]> {
  const files = callsOf(plan).flatMap(({call: {template}}) => {
    const file = template['deliver-to'];
    return typeof file === 'string' ? [file] : [];
  });
  return Promise.all([...new Set(files)].map((file) => examineDelivery(file, plan.base)));
}

async function examineDelivery(file: string, base: string): Promise<Finding> {
  const folder = path.dirname(path.resolve(base, file));
  const fail = (found: string): Finding => ({
    state: 'fail',
    check: 'delivery',
    subject: file,
    message: `Expected to be able to write into \`${folder}\`, ${found}.`,
  });
  const stats = await stat(folder).catch(() => undefined);
  if (stats === undefined) return fail('and there is no such folder. Create it');
  if (!stats.isDirectory()) return fail('and it is no folder. Correct `deliver-to`');
  const isWritable = await access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!isWritable) return fail('and this user may not. Let it write there, or deliver elsewhere');
  const message = 'its folder can be written to';
  return {state: 'ok', check: 'delivery', subject: file, message};
}
