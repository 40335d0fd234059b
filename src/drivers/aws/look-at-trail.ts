import {stat} from 'node:fs/promises';
import path from 'node:path';
import type {Look} from '../../contract/driver.ts';
import {DriverError} from '../../contract/driver-error.ts';
import type {Context} from '../../contract/operation.ts';
import {renderDuration} from '../../util/duration.ts';
import {type CloudTrailInput, noOwnKey} from './cloudtrail.ts';
import {isEmulated} from './place.ts';
import type {AwsSession} from './session.ts';
import {listFiles, listTrailFiles} from './trail-files.ts';
import {newestEvent} from './trail-lookup.ts';
import {trailRegions} from './trail-regions.ts';

type Ctx = Context<AwsSession>;

const dayMs = 86_400_000;

/** Whether CloudTrail answers, or its files are there, and how old the newest is. That the run's own calls come shows only minutes later. */
export async function lookAtTrail({files}: CloudTrailInput, ctx: Ctx): Promise<Look> {
  const {connection, base} = ctx;
  if (isEmulated(connection.place))
    return warn('an emulator keeps no CloudTrail: that nobody else changed something stays unproven');
  if (!connection.takesRole) return {state: 'fail', message: noOwnKey().message};
  return files === undefined ? lookUpEach(ctx) : lookAtFiles(path.resolve(base, files), ctx);
}

async function lookUpEach(ctx: Ctx): Promise<Look> {
  const {clock, connection} = ctx;
  const ages: string[] = [];
  const silent: string[] = [];
  for (const region of trailRegions(connection.place.region)) {
    try {
      const at = await newestEvent({region, since: clock.now() - dayMs, until: clock.now()}, ctx);
      if (at === undefined) silent.push(region);
      else ages.push(`${renderDuration(Math.max(0, clock.now() - at))} old in ${region}`);
    } catch (error) {
      if (!(error instanceof DriverError) || error.code !== 'forbidden') throw error;
      return warn(
        `the operator may not ask CloudTrail in ${region}, which says nothing of the role that the run takes: \`offdrill run --until baseline\` tells`,
      );
    }
  }
  if (silent.length === 0)
    return {state: 'ok', message: `LookupEvents answers; the newest event is ${ages.join(', ')}`};
  return warn(
    `LookupEvents answers, and has no event of the last day in ${silent.join(' and ')}. This look is recorded too: where there is still none after a quarter of an hour, nothing is recorded there`,
  );
}

async function lookAtFiles(folder: string, {clock}: Ctx): Promise<Look> {
  const names = await listTrailFiles(folder);
  const times = await Promise.all(names.map(async (name) => (await stat(path.join(folder, name))).mtimeMs));
  if (times.length === 0) {
    return {
      state: 'fail',
      message: `Expected log files of CloudTrail in \`${folder}\`, found none. Copy them there, or leave \`files\` out.`,
    };
  }
  if (!(await listFiles(folder)).some((name) => name.includes('CloudTrail-Digest'))) {
    return warn(
      `the folder can be read, and has no digests (\`CloudTrail-Digest\`): whether all log files are there can't be told without, so that the record is never complete. Have the trail's log files validated, and copy both`,
    );
  }
  const age = Math.max(0, clock.now() - Math.max(...times));
  const message = `the folder can be read; its newest log file is ${renderDuration(age)} old`;
  return age < dayMs ? {state: 'ok', message} : warn(`${message}. Is it still filled from the bucket?`);
}

function warn(message: string): Look {
  return {state: 'warn', message};
}
