import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {readJournal} from '../../src/journal/read-journal.ts';
import {type DrillLab, startDrillLab} from '../helpers/drill-lab.ts';
import {eventually} from '../helpers/eventually.ts';
import {recordReliability} from '../helpers/reliability.ts';
import {programFile} from '../helpers/run-cli.ts';
import {type DatabaseHoldings, type Holdings, isSecretIdAlive, readDatabase, readHoldings} from './lab-holdings.ts';
import {choose} from './selection.ts';
import {writeShortDrill} from './short-drill.ts';

const steps = ['stop-server', 'destroy-secret-ids', 'revoke-leases', 'revoke-tokens', 'end-sessions'];
const rolledBack = ['destroy-secret-ids', 'stop-server'];
const phases = [
  'guard',
  'preflight',
  'capture',
  'baseline',
  'shutdown',
  'settle',
  'rollback',
  'restored',
  'audit',
  'scan',
  'verdict',
];

/** Before the intent is on disk, after it and before the effect, after the effect and before the outcome; and each boundary of two phases. */
const points = [
  ...steps.flatMap((step) => [
    `before step.started ${step}`,
    `after step.started ${step}`,
    `before step.inspected ${step}`,
  ]),
  ...rolledBack.flatMap((step) => [
    `before rollback.started ${step}`,
    `after rollback.started ${step}`,
    `before rollback.inspected ${step}`,
  ]),
  ...phases.flatMap((phase) => [`before phase.started ${phase}`, `after phase.started ${phase}`]),
];

describe('a run that is killed, on the lab', {timeout: 1_200_000}, () => {
  let drillLab: DrillLab;
  let drill: string;

  beforeAll(async () => {
    drillLab = await startDrillLab({program: programFile('killable')});
    drill = await writeShortDrill(drillLab.lab.home);
  });
  afterAll(() => drillLab?.down());

  it('is brought back by a resumption, whatever it was doing', async () => {
    const chosen = choose(points, 3);
    const wrong: string[] = [];
    for (const point of chosen) {
      wrong.push(...(await killAndResume(drillLab, drill, point)).map((one) => `${point}: ${one}`));
    }

    recordReliability('kill', {
      name: 'lab, each step, rollback and phase',
      points: chosen.length,
      of: points.length,
      restored: chosen.length - new Set(wrong.map((one) => one.split(':')[0])).size,
    });
    expect(wrong).toEqual([]);
  });
});

async function killAndResume(drillLab: DrillLab, drill: string, point: string): Promise<readonly string[]> {
  const before = {...(await readHoldings(drillLab.lab)), database: await readDatabase(drillLab.lab)};
  const run = await drillLab.run(drill, '--reporter line', {env: {OFFDRILL_TEST_KILL: point}});
  if (run.exitCode !== null) return [`was not killed: exit ${run.exitCode}\n${run.stderr}`];
  const resumed = await drillLab.offdrill('resume --reporter line');
  const wrong = await findWrong(drillLab, {folder: run.folder, before});
  if (![0, 1, 3].includes(resumed.exitCode ?? -1))
    wrong.push(`resume ended with ${resumed.exitCode}\n${resumed.stderr}`);
  if (wrong.length > 0) wrong.push(resumed.stderr);
  return wrong;
}

async function findWrong(
  {lab}: DrillLab,
  {
    folder,
    before,
  }: {readonly folder: string | undefined; readonly before: Holdings & {readonly database: DatabaseHoldings}},
): Promise<string[]> {
  const wrong = [...(await lab.check())];
  const now = await readHoldings(lab);
  if (now.runTokens.length > 0) wrong.push(`${now.runTokens.length} run tokens live`);
  if (now.secretIds.length !== 1) wrong.push(`${now.secretIds.length} secret-ids`);
  if (!(await isSecretIdAlive(lab, now.secretId))) wrong.push('the delivered secret-id is dead');
  if (folder === undefined) return wrong;
  const read = readJournal(path.join(folder, 'journal.ndjson'));
  if (!read.ok) return [...wrong, read.error.reason];
  const {entries} = read.value;
  const took = (step: string): boolean =>
    entries.some((entry) => entry.type === 'step.started' && entry.data.step === step) &&
    !entries.some(
      (entry) =>
        entry.type === 'rollback.not-needed' &&
        entry.data.step === step &&
        entry.data.why.startsWith('the step had not taken'),
    );
  if (took('destroy-secret-ids') && now.secretIds.some((one) => before.secretIds.includes(one)))
    wrong.push('an old secret-id lives');
  if (took('revoke-tokens') && now.tokens.some((one) => before.tokens.includes(one))) wrong.push('an old token lives');
  const {users, sessions} = await readSettled(lab);
  if (sessions.length === 0) wrong.push('no session of the integration is open');
  if (sessions.some(({user}) => !users.includes(user))) wrong.push('a session goes on whose user is gone');
  const oldUsers = before.database.users.filter((user) => users.includes(user));
  if (took('revoke-leases') && oldUsers.length > 0) wrong.push(`${oldUsers.length} old database users live`);
  const old = before.database.sessions.map(({id}) => id);
  if (took('end-sessions') && sessions.some(({id}) => old.includes(id))) wrong.push('an old session lives');
  if (took('revoke-leases') && now.leases.some((one) => before.leases.includes(one))) wrong.push('an old lease lives');
  const hasEnded = entries.some(({type}) => type === 'run.finished');
  const isPlanned = entries.some(({type}) => type === 'run.planned');
  if (isPlanned && !hasEnded) wrong.push('the run did not end');
  return wrong;
}

/** Once each of its users has a lease: OpenBao drops one a moment after its token is gone. */
async function readSettled(lab: DrillLab['lab']): Promise<DatabaseHoldings> {
  let found = await readDatabase(lab);
  await eventually(async () => {
    found = await readDatabase(lab);
    expect(found.users).toHaveLength((await readHoldings(lab)).leases.length);
  });
  return found;
}
