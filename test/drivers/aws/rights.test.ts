import {afterAll, afterEach, beforeAll, describe, expect, it, vi} from 'vitest';
import {DriverError, type DriverErrorCode} from '../../../src/contract/driver-error.ts';
import type {Need} from '../../../src/contract/operation.ts';
import {AwsClient} from '../../../src/drivers/aws/client.ts';
import {findLacks} from '../../../src/drivers/aws/find-lacks.ts';
import {policyLanguage} from '../../../src/drivers/aws/policy-language.ts';
import {roleNeed, secretNeed, userNeed} from '../../../src/drivers/aws/scope.ts';
import {type Account, accountId, startAccount} from './account.ts';

const role = `arn:aws:iam::${accountId}:role/drills`;
const secretArn = `arn:aws:secretsmanager:eu-central-1:${accountId}:secret:orders/key-Xy12Zq`;
const signal = AbortSignal.timeout(60_000);

type Evaluated = {
  readonly decision: 'allowed' | 'implicitDeny' | 'explicitDeny';
  readonly missing?: readonly string[];
  readonly byOrganization?: boolean;
};
type Request = {
  readonly PolicySourceArn: string;
  readonly ActionNames: readonly string[];
  readonly ResourceArns: readonly string[];
  readonly ContextEntries: readonly {readonly ContextKeyName: string; readonly ContextKeyValues: readonly string[]}[];
  readonly Marker?: string;
};

/** IAM as its documentation has it, one action a page; by action and resource, and allowed where nothing is said. */
class StandInIam {
  readonly asked: Request[] = [];
  readonly slept: number[] = [];
  readonly decisions: Record<string, Evaluated> = {};
  readonly failures: DriverError[] = [];
  /** A resource that it does not take. */
  unfit: string | undefined;
  /** What look-ups answer; refused where nothing is said. */
  readonly known: Record<string, unknown> = {};

  constructor() {
    for (const service of ['iam', 'secrets'] as const) {
      vi.spyOn(AwsClient.prototype, service).mockImplementation(async (action: string, call: unknown) => {
        if (action === 'SimulatePrincipalPolicy')
          return (call as (api: object) => never)({
            simulatePrincipalPolicy: (request: Request) => this.#simulate(request),
          });
        const answer = this.known[action];
        if (answer === undefined) throw new DriverError('refused', {code: 'forbidden', detail: 'AccessDenied'});
        return answer as never;
      });
    }
  }

  find(needs: readonly Need[], given: {readonly holder?: string; readonly endpoint?: string} = {}) {
    const place = {region: 'eu-central-1', endpoint: given.endpoint};
    const client = new AwsClient(place, {accessKeyId: 'AKIA', secretAccessKey: 'x'}, 1000);
    const clock = {now: () => 0, sleep: async (ms: number) => void this.slept.push(ms)};
    return findLacks(needs, {client, place, account: accountId, holder: given.holder ?? role, clock, signal});
  }

  #simulate(request: Request) {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    if (request.ResourceArns[0] === this.unfit) throw failed('rejected', 'InvalidInput');
    this.asked.push(request);
    const index = Number(request.Marker ?? 0);
    const action = request.ActionNames[index] ?? '';
    const [resource = ''] = request.ResourceArns;
    const {
      decision,
      missing = [],
      byOrganization,
    } = this.decisions[`${action} ${resource}`] ?? this.decisions[action] ?? {decision: 'allowed'};
    const isLast = index === request.ActionNames.length - 1;
    return {
      EvaluationResults: [
        {
          EvalActionName: action,
          EvalResourceName: resource,
          EvalDecision: decision,
          MatchedStatements: [],
          MissingContextValues: resource === '*' ? missing : [],
          ...(byOrganization === undefined
            ? {}
            : {OrganizationsDecisionDetail: {AllowedByOrganizations: byOrganization}}),
          ResourceSpecificResults:
            resource === '*'
              ? []
              : [{EvalResourceName: resource, EvalResourceDecision: decision, MissingContextValues: missing}],
        },
      ],
      ...(isLast ? {IsTruncated: false} : {IsTruncated: true, Marker: String(index + 1)}),
    };
  }
}

const failed = (code: DriverErrorCode, detail: string) => new DriverError('no', {code, detail});
const secret = secretNeed({secret: 'orders/key'}, 'DescribeSecret', 'DeleteSecret');
const user = userNeed({user: 'orders'}, 'ListAccessKeys', 'DeleteAccessKey');
const trail: Need = {path: '*', capabilities: ['cloudtrail:LookupEvents']};
const userArn = `arn:aws:iam::${accountId}:user/orders`;

describe('drivers/aws/find-lacks', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('finds nothing missing where policies allow it all, page by page', async () => {
    const iam = new StandInIam();
    Object.assign(iam.known, {DescribeSecret: {ARN: secretArn}, GetUser: {User: {Arn: userArn}}});

    expect(await iam.find([secret, user, trail])).toEqual([]);

    expect(
      iam.asked.map(({ActionNames, ResourceArns, Marker = ''}) => [ActionNames.length, ...ResourceArns, Marker]),
    ).toEqual([
      [1, role, ''],
      [2, secretArn, ''],
      [2, secretArn, '1'],
      [2, userArn, ''],
      [2, userArn, '1'],
      [1, '*', ''],
    ]);
    expect(new Set(iam.asked.map(({PolicySourceArn}) => PolicySourceArn))).toEqual(new Set([role]));
    const regions = iam.asked.map(({ContextEntries}) => ContextEntries[0]?.ContextKeyValues);
    expect(regions[1]).toEqual(['eu-central-1']);
    expect(regions[3]).toEqual(['us-east-1']);
  });

  it('names the actions that are missing, of each resource', async () => {
    const iam = new StandInIam();
    Object.assign(iam.known, {GetUser: {User: {Arn: userArn}}});
    Object.assign(iam.decisions, {
      'iam:DeleteAccessKey': {decision: 'implicitDeny'},
      'cloudtrail:LookupEvents': {decision: 'explicitDeny'},
    });

    expect(await iam.find([user, trail])).toEqual([
      {path: 'iam/user/orders', capabilities: ['iam:DeleteAccessKey']},
      trail,
    ]);
  });

  it('asks for the very user that stands under a path', async () => {
    const iam = new StandInIam();
    const underPath = `arn:aws:iam::${accountId}:user/apps/orders`;
    Object.assign(iam.known, {GetUser: {User: {Arn: underPath}}});
    Object.assign(iam.decisions, {
      [`iam:ListAccessKeys ${userArn}`]: {decision: 'implicitDeny'},
      [`iam:DeleteAccessKey ${underPath}`]: {decision: 'implicitDeny'},
    });

    expect(await iam.find([user])).toEqual([{path: 'iam/user/orders', capabilities: ['iam:DeleteAccessKey']}]);
  });

  it.each([
    ['a user', user, 'it may stand under a path, as iam:GetUser would tell'],
    ['a role', roleNeed({role: 'orders'}, 'GetRole'), 'it may stand under a path, as iam:GetRole would tell'],
    ['a secret', secret, 'only its name is known, and not its ARN'],
    ['whomever the run will meet', userNeed({user: '*'}, 'ListAccessKeys'), 'only the run will know whom it means'],
  ])('does not know of %s whose ARN is not known, where it is denied', async (_whose, need, unknown) => {
    const iam = new StandInIam();
    for (const action of need.capabilities) iam.decisions[action] = {decision: 'implicitDeny'};

    expect(await iam.find([need])).toEqual([{...need, unknown}]);
  });

  it.each([
    ['that is not told', undefined, true],
    ['that stands', {ResourcePolicy: '{}'}, true],
    ['that is not there', {}, false],
  ])('heeds a policy of the secret %s, which may allow what no other does', async (_which, policy, isUnknown) => {
    const iam = new StandInIam();
    Object.assign(iam.known, {DescribeSecret: {ARN: secretArn}, ...(policy && {GetResourcePolicy: policy})});
    iam.decisions['secretsmanager:DeleteSecret'] = {decision: 'implicitDeny'};
    iam.decisions['secretsmanager:DescribeSecret'] = {decision: 'explicitDeny'};
    const deleting = {path: secret.path, capabilities: ['secretsmanager:DeleteSecret']};

    const found = await iam.find([secret]);

    // No policy of a secret outweighs a denial.
    expect(found).toEqual(
      isUnknown
        ? [
            {path: secret.path, capabilities: ['secretsmanager:DescribeSecret']},
            {...deleting, unknown: "the secret's own policy may allow it"},
          ]
        : [secret],
    );
  });

  it.each(['implicitDeny', 'explicitDeny'] as const)(
    'does not know what depends on the request, of %s',
    async (decision) => {
      const iam = new StandInIam();
      iam.known.GetUser = {User: {Arn: userArn}};
      iam.decisions['iam:DeleteAccessKey'] = {decision, missing: ['aws:SourceIp', 'aws:CurrentTime']};
      iam.decisions['cloudtrail:LookupEvents'] = {decision, missing: ['aws:SourceVpc']};

      expect((await iam.find([user, trail])).map(({unknown}) => unknown)).toEqual([
        'it depends on what the request says of aws:CurrentTime, aws:SourceIp',
        'it depends on what the request says of aws:SourceVpc',
      ]);
    },
  );

  it('does not know what a policy of the organization denies, whose conditions are not told', async () => {
    const iam = new StandInIam();
    iam.decisions['cloudtrail:LookupEvents'] = {decision: 'explicitDeny', byOrganization: false};

    expect(await iam.find([trail])).toEqual([{...trail, unknown: expect.stringContaining('of the organization')}]);
  });

  it('does not know what the simulation leaves out', async () => {
    const iam = new StandInIam();
    const odd = {path: '*', capabilities: ['cloudtrail:LookupEvents']};
    iam.decisions['cloudtrail:LookupEvents'] = {decision: 'maybe' as 'allowed'};

    expect(await iam.find([odd])).toEqual([{...odd, unknown: 'the simulation does not tell'}]);
  });

  it.each([
    [
      'who may not ask',
      failed('forbidden', 'AccessDenied'),
      `whoever asks may not iam:SimulatePrincipalPolicy on \`${role}\``,
    ],
    ['a role that IAM does not know so', failed('not-found', 'NoSuchEntity'), 'a role may stand under a path'],
    ['what is broken', failed('unavailable', 'ServiceFailure'), 'IAM did not tell (ServiceFailure)'],
  ])('knows nothing of %s, neither that all is there nor that it is missing', async (_whom, failure, why) => {
    const iam = new StandInIam();
    iam.failures.push(failure);

    const lacks = await iam.find([user, trail]);

    expect(lacks.map(({path, unknown}) => [path, unknown])).toEqual([
      [user.path, expect.stringContaining(why)],
      [trail.path, expect.stringContaining(why)],
    ]);
    expect(iam.asked).toEqual([]);
  });

  it('goes on after one need of which IAM can not tell', async () => {
    const iam = new StandInIam();
    iam.known.GetUser = {User: {Arn: userArn}};
    iam.unfit = userArn;
    iam.decisions['cloudtrail:LookupEvents'] = {decision: 'implicitDeny'};

    expect(await iam.find([user, trail])).toEqual([{...user, unknown: 'IAM did not tell (InvalidInput)'}, trail]);
  });

  it('waits where it asks too often, and gives up in the end', async () => {
    const often = failed('rate-limited', 'Throttling');
    const iam = new StandInIam();
    iam.failures.push(often, often, often);
    expect(await iam.find([trail])).toEqual([]);
    expect(iam.slept).toEqual([500, 1000, 2000]);

    iam.failures.push(often, often, often, often);
    expect(await iam.find([trail])).toEqual([{...trail, unknown: 'IAM did not tell (Throttling)'}]);
  });

  it.each([
    [`arn:aws:iam::${accountId}:root`, undefined],
    [`arn:aws:sts::${accountId}:federated-user/somebody`, undefined],
    [`arn:aws:sts::${accountId}:assumed-role/admins/somebody`, `arn:aws:iam::${accountId}:role/admins`],
    [`arn:aws:iam::${accountId}:user/ops/somebody`, `arn:aws:iam::${accountId}:user/ops/somebody`],
  ])('looks at the policies behind %s', async (holder, source) => {
    const iam = new StandInIam();

    const lacks = await iam.find([trail], {holder});

    expect(iam.asked[0]?.PolicySourceArn).toBe(source);
    expect(lacks).toEqual(source === undefined ? [{...trail, unknown: expect.stringContaining(holder)}] : []);
  });

  it('asks nobody where nothing is needed', async () => {
    const iam = new StandInIam();

    expect(await iam.find([])).toEqual([]);
    expect(iam.asked).toEqual([]);
  });

  it('knows its own user by whatever name', async () => {
    const iam = new StandInIam();
    const holder = `arn:aws:iam::${accountId}:user/ops/somebody`;
    const own = policyLanguage.complete([], {});

    expect(await iam.find(own, {holder})).toEqual([]);
    expect(iam.asked.at(-1)?.ResourceArns).toEqual([holder]);
  });
});

describe('drivers/aws/session, of its rights', () => {
  let account: Account;
  beforeAll(async () => {
    account = await startAccount();
  });
  afterAll(() => account?.down());

  it('does not know what moto does not tell', async () => {
    const {connection} = await account.open();

    expect(await connection.missing([trail], signal)).toEqual([
      {...trail, unknown: 'an emulator simulates no policies'},
    ]);
  });

  it('does not know where it may not ask', async () => {
    const {credentials} = await account.createUser('curious', ['iam:GetUser']);
    const {connection} = await account.open({credentials});

    expect(await connection.missing([trail], signal)).toEqual([
      {
        ...trail,
        unknown: `whoever asks may not iam:SimulatePrincipalPolicy on \`arn:aws:iam::${accountId}:user/curious\``,
      },
    ]);
  });

  it('looks at the role that the run takes, first by the operator and then by the role itself', async () => {
    const principal = {AWS: `arn:aws:iam::${accountId}:user/operator`};
    const Statement = [{Effect: 'Allow', Action: 'sts:AssumeRole', Principal: principal}];
    const AssumeRolePolicyDocument = JSON.stringify({Version: '2012-10-17', Statement});
    await account.iam.createRole({RoleName: 'drills', AssumeRolePolicyDocument});
    const {connection} = await account.open({role});
    const asked: [string, string][] = [];
    vi.spyOn(AwsClient.prototype, 'iam').mockImplementation(async function (this: AwsClient, _action, call: unknown) {
      const simulatePrincipalPolicy = ({PolicySourceArn, ActionNames}: Request) => {
        asked.push([this.accessKeyId.slice(0, 4), PolicySourceArn]);
        return {EvaluationResults: [{EvalActionName: ActionNames[0], EvalDecision: 'allowed'}]};
      };
      return (call as (api: object) => never)({simulatePrincipalPolicy});
    });

    expect(await connection.missing([trail], signal)).toEqual([]);
    await connection.begin({maxDurationMs: 60_000}, signal);
    expect(await connection.missing([trail], signal)).toEqual([]);
    vi.restoreAllMocks();

    expect(new Set(asked.map(([, source]) => source))).toEqual(new Set([role]));
    expect(asked.map(([key]) => key)).toEqual(['AKIA', 'AKIA', 'ASIA', 'ASIA']);
  });
});
