import {describe, expect, it} from 'vitest';
import {identity} from '../../../src/drivers/aws/trail-actors.ts';
import {everything, mark, marks, type RawRecord, readRun, told} from './trail-run.ts';

const without = (...requests: readonly string[]): readonly RawRecord[] =>
  everything().filter(({requestID}) => !requests.includes(requestID));
/** The recorded run with one record more, in settle. */
const withOne = (record: object): readonly object[] => [
  ...everything(),
  {
    eventTime: '2026-11-29T12:00:23Z',
    eventSource: 'secretsmanager.amazonaws.com',
    eventName: 'PutSecretValue',
    eventID: 'added',
    readOnly: false,
    requestParameters: {secretId: 'added'},
    ...record,
  },
];
const toldOf = (record: object): string | undefined =>
  told(readRun(withOne(record))).find((line) => line.includes('added'));
const ofRole = (role: string, accessKeyId: string, more: object = {}) => ({
  type: 'AssumedRole',
  accountId: '123456789012',
  accessKeyId,
  sessionContext: {sessionIssuer: {type: 'Role', userName: role, arn: `arn:aws:iam::123456789012:role/${role}`}},
  ...more,
});

describe('drivers/aws/trail-window', () => {
  it('tells what was done in the run, by whom and in which phase', () => {
    const reading = readRun(everything());

    expect(told(reading)).toEqual([
      'settle: login ConsoleLogin signin/user/alice by somebody',
      'settle: read GetSecretValue secretsmanager/billing/api-key by somebody',
      'settle: change PutSecretValue secretsmanager/billing/api-key by somebody',
      'settle: change CreateAccessKey iam/user/billing by somebody',
      'settle: change UpdateSecret secretsmanager/checkout/key by workload checkout',
      'settle: refused GetSecretValue secretsmanager/billing/api-key by integration billing',
      'rollback: hand-out AssumeRole sts/role/billing-sync by somebody',
      'rollback: change PutResourcePolicy secretsmanager/billing/api-key by somebody',
      'rollback: change RotationStarted secretsmanager/billing/api-key by workload secretsmanager.amazonaws.com',
      'rollback: change UpdateAccessKey iam/user/billing by somebody',
      'rollback: change CreateServiceLinkedRole iam by workload support.amazonaws.com',
      'rollback: use ListSecrets secretsmanager by integration billing',
    ]);
    expect(reading).toMatchObject({completeTo: '2026-11-29T12:00:50.000Z', gaps: [], entries: 25});
  });

  it('tells who it was by the key, with a label and an address', () => {
    expect(readRun(everything()).events[1]).toMatchObject({
      time: '2026-11-29T12:00:22Z',
      accessor: 'AKIAALICEALICEALICE1',
      displayName: 'arn:aws:iam::123456789012:user/alice',
      remoteAddress: '203.0.113.7',
    });
  });

  it('keeps no value that was sent or answered', () => {
    expect(JSON.stringify(readRun(everything()))).not.toContain('never-kept');
  });

  it('tells the same of records in any order, some delivered twice', () => {
    const shuffled = [...everything().toReversed(), ...everything()];

    expect(readRun(shuffled)).toEqual(readRun(everything()));
  });

  it('is not complete without the last call of the run in each region', () => {
    const reading = readRun(without('req-end-us'));

    expect(reading.completeTo).toBeUndefined();
    expect(reading.gaps).toEqual([
      expect.stringMatching(/last event was not seen in us-east-1: .*; it is read later$/),
    ]);
    expect(told(reading)).toEqual(told(readRun(everything())));
  });

  it.each([
    ['first call', 'req-begin', "the run's own first event was not seen"],
    ['mark of a phase', 'req-settle', "the run's mark of settle was not seen"],
  ])('says where the %s is missing', (_what, request, gap) => {
    const reading = readRun(without(request));

    expect(reading.gaps).toEqual([gap]);
    expect(told(reading)).toEqual(told(readRun(everything())));
  });

  it('is not complete where the process that came last made no last call', () => {
    const {completeTo, gaps} = readRun(everything(), [...marks, mark('begin', 55, 'req-again')]);

    expect(completeTo).toBeUndefined();
    expect(gaps).toEqual([
      "the run's own last call was not answered in eu-central-1",
      "the run's own last call was not answered in us-east-1",
    ]);
  });

  it('takes no mark of the run from another key', () => {
    const forged = everything().map((record) =>
      record.requestID === 'req-end-eu' ? {...record, userIdentity: ofRole('drill', 'ASIAFORGED')} : record,
    );

    expect(readRun(forged).completeTo).toBeUndefined();
  });

  it('counts what can’t be read as a gap', () => {
    const {gaps} = readRun([...everything(), {eventTime: 'some time'}, 'nothing']);

    expect(gaps).toEqual(['2 records could not be read']);
  });

  it('leaves out what was done in another account of the organisation', () => {
    expect(toldOf({recipientAccountId: '999999999999'})).toBeUndefined();
  });

  it('takes a session named like the run for somebody’s', () => {
    const arn = 'arn:aws:sts::123456789012:assumed-role/drill/offdrill-run-of-test';

    expect(toldOf({userIdentity: ofRole('drill', 'ASIAOTHER', {arn})})).toMatch(/by somebody$/);
  });

  it.each([
    ['a session of the declared role', ofRole('billing-sync', 'ASIASYNC'), {}, 'integration billing-sync'],
    ['a role of that name elsewhere', ofRole('billing-sync', 'ASIASYNC', {accountId: '999999999999'}), {}, 'somebody'],
    ['the role in the console', ofRole('checkout', 'ASIAX'), {sessionCredentialFromConsole: 'true'}, 'somebody'],
    ['the role in a browser', ofRole('checkout', 'ASIAX'), {userAgent: 'Mozilla/5.0 (X11)'}, 'somebody'],
    [
      'a user through a federated session',
      {
        type: 'FederatedUser',
        accountId: '123456789012',
        accessKeyId: 'ASIAF',
        sessionContext: {sessionIssuer: {type: 'IAMUser', userName: 'billing'}},
      },
      {},
      'integration billing',
    ],
    ['the root user', {type: 'Root', accountId: '123456789012'}, {}, 'somebody'],
    ['nobody that is named', null, {}, 'somebody'],
    [
      'a person through a service',
      {type: 'IAMUser', accountId: '123456789012', userName: 'alice', invokedBy: 'cloudformation.amazonaws.com'},
      {},
      'somebody',
    ],
  ])('knows %s', (_what, userIdentity, more, who) => {
    expect(toldOf({userIdentity, ...more})).toBe(`settle: change PutSecretValue secretsmanager/added by ${who}`);
  });

  it('takes a session for whoever took it, whatever its role is', () => {
    const taken = {
      eventTime: '2026-11-29T12:00:22Z',
      eventSource: 'sts.amazonaws.com',
      eventName: 'AssumeRole',
      eventID: 'taken',
      readOnly: true,
      userIdentity: {
        type: 'IAMUser',
        accountId: '123456789012',
        userName: 'billing',
        accessKeyId: 'AKIABILLINGBILLING12',
      },
      requestParameters: {roleArn: 'arn:aws:iam::123456789012:role/checkout'},
      responseElements: {credentials: {accessKeyId: 'ASIACHAINED'}},
    };

    const lines = told(readRun([...withOne({userIdentity: ofRole('checkout', 'ASIACHAINED')}), taken]));

    expect(lines).toContain('settle: change PutSecretValue secretsmanager/added by integration billing');
  });

  it('reads a user that is not named as the caller’s own', () => {
    const asked = {
      eventSource: 'iam.amazonaws.com',
      eventName: 'DeleteAccessKey',
      requestParameters: {accessKeyId: 'AKIA'},
    };
    const userIdentity = {type: 'IAMUser', accountId: '123456789012', userName: 'added', accessKeyId: 'AKIAADDED'};

    expect(toldOf({...asked, userIdentity})).toBe('settle: change DeleteAccessKey iam/user/added by somebody');
  });

  it('takes a sign-in that failed for refused', () => {
    const asked = {eventSource: 'signin.amazonaws.com', eventName: 'ConsoleLogin', eventType: 'AwsConsoleSignIn'};
    const responseElements = {ConsoleLogin: 'Failure'};

    expect(toldOf({...asked, responseElements, userIdentity: {type: 'IAMUser', userName: 'added'}})).toBe(
      'settle: refused ConsoleLogin signin/user/added by somebody',
    );
  });

  it.each([{}, {user: 'billing', role: 'billing'}, {user: 'arn:aws:iam::123456789012:user/billing'}])(
    'takes no identity but one user or one role, by its name: %j',
    (spec) => {
      expect(identity.safeParse(spec).success).toBe(false);
    },
  );
});
