import {once} from 'node:events';
import {createServer} from 'node:http';
import {describe, expect, it, onTestFinished} from 'vitest';
import {AwsClient} from '../../../src/drivers/aws/client.ts';
import {observeRefusal} from '../../../src/drivers/aws/failure.ts';

const signal = AbortSignal.timeout(30_000);
const keys = {accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'key-that-nobody-may-see'};

type Answer = {readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>>};

const json = (name: string, message = '', status = 400): Answer => ({
  status,
  body: JSON.stringify({__type: name, message}),
  headers: {'content-type': 'application/x-amz-json-1.1'},
});
const xml = (name: string, message = '', status = 403): Answer => ({
  status,
  body: `<?xml version="1.0"?><ErrorResponse><Error><Type>Sender</Type><Code>${name}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
  headers: {'content-type': 'text/xml'},
});

/** What the driver makes of an answer, of the JSON protocol and of the other one. */
async function told(service: 'secrets' | 'iam', answer: Answer) {
  let asked = 0;
  const server = createServer((_asked, given) => {
    asked += 1;
    given.writeHead(answer.status, answer.headers);
    given.end(answer.body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const client = new AwsClient({region: 'eu-central-1', endpoint: `http://127.0.0.1:${port}`}, keys, 2000);
  const answered =
    service === 'secrets'
      ? client.secrets('GetSecretValue', (api, options) => api.getSecretValue({SecretId: 'a'}, options), signal)
      : client.iam('GetUser', (api, options) => api.getUser({}, options), signal);
  const error: unknown = await answered.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error('Expected a failure.');
  return {error, observed: observeRefusal(error), asked};
}

describe('drivers/aws/failure', () => {
  const disarmed = {state: 'denied', ownControl: true, surface: 'disarmed'};
  const dead = {state: 'denied', ownControl: true};

  it.each([
    [
      'AWS',
      json('AccessDeniedException', 'User: x is not authorized to perform: secretsmanager:GetSecretValue'),
      {...disarmed, code: 'AccessDenied'},
    ],
    [
      'moto',
      xml('AccessDenied', 'User: x is not authorized to perform: secretsmanager:GetSecretValue'),
      {...disarmed, code: 'AccessDenied'},
    ],
    [
      'AWS',
      json('UnrecognizedClientException', 'The security token included in the request is invalid.'),
      {...dead, code: 'InvalidClientTokenId'},
    ],
    [
      'moto',
      xml('InvalidClientTokenId', 'The security token included in the request is invalid.'),
      {...dead, code: 'InvalidClientTokenId'},
    ],
    ['AWS', json('ExpiredTokenException'), {...dead, code: 'ExpiredToken', surface: 'unobservable'}],
    [
      'AWS',
      json(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      ),
      {...disarmed, code: 'MarkedForDeletion'},
    ],
    [
      'AWS',
      json('InvalidRequestException', "You can't perform this operation on the secret because it was deleted."),
      {...disarmed, code: 'MarkedForDeletion'},
    ],
    [
      'moto',
      json(
        'InvalidRequestException',
        "You tried to                 perform the operation on a secret that's currently marked deleted.",
      ),
      {...disarmed, code: 'MarkedForDeletion'},
    ],
    [
      'AWS',
      json(
        'InvalidRequestException',
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      ),
      {...disarmed, code: 'MarkedForDeletion'},
    ],
    [
      'AWS',
      json('InvalidRequestException', 'You must provide something else.'),
      {state: 'indeterminate', code: 'InvalidRequest'},
    ],
    ['AWS', json('ResourceNotFoundException'), {state: 'indeterminate', code: 'ResourceNotFound'}],
    ['moto', json('ResourceNotFoundException', '', 404), {state: 'indeterminate', code: 'ResourceNotFound'}],
    ['AWS', json('InvalidSignatureException', '', 403), {state: 'indeterminate', code: 'SignatureDoesNotMatch'}],
    ['AWS', json('DecryptionFailure'), {state: 'indeterminate', code: 'DecryptionFailure'}],
    ['AWS', json('PublicPolicyException'), {state: 'indeterminate', code: 'PublicPolicyException'}],
    [
      'AWS',
      json('MalformedPolicyDocumentException'),
      {state: 'indeterminate', code: 'MalformedPolicyDocumentException'},
    ],
    ['AWS', json('ThrottlingException'), {state: 'indeterminate', code: 'Throttling'}],
    ['AWS', json('InternalServiceError', '', 500), {state: 'indeterminate', code: 'InternalServiceError'}],
    ['nobody', {status: 200, body: '<html>hello</html>'}, {state: 'indeterminate', code: 'ProtocolError'}],
    ['nobody', {status: 502, body: 'bad gateway'}, {state: 'indeterminate', code: 'ProtocolError'}],
  ])('reads what %s answers a service that speaks JSON: %j', async (_who, answer, expected) => {
    expect((await told('secrets', answer)).observed).toEqual(expected);
  });

  it.each([
    [xml('AccessDenied', 'User: x is not authorized to perform: iam:GetUser'), {...disarmed, code: 'AccessDenied'}],
    [xml('InvalidClientTokenId'), {...dead, code: 'InvalidClientTokenId'}],
    [xml('ExpiredToken'), {...dead, code: 'ExpiredToken', surface: 'unobservable'}],
    [xml('NoSuchEntity', '', 404), {state: 'indeterminate', code: 'NoSuchEntity'}],
    [xml('Throttling', '', 400), {state: 'indeterminate', code: 'Throttling'}],
    [xml('ServiceUnavailable', '', 503), {state: 'indeterminate', code: 'ServiceUnavailable'}],
  ])('reads what a service of the query protocol answers: %j', async (answer, expected) => {
    expect((await told('iam', answer)).observed).toEqual(expected);
  });

  it('HTTP 400 is every client error of Secrets Manager: only the name tells them apart', async () => {
    const codes = {
      AccessDeniedException: 'forbidden',
      UnrecognizedClientException: 'unauthenticated',
      ResourceNotFoundException: 'not-found',
      InvalidRequestException: 'conflict',
      ThrottlingException: 'rate-limited',
      InvalidParameterException: 'rejected',
    };

    for (const [name, code] of Object.entries(codes))
      expect((await told('secrets', json(name, '', 400))).error).toMatchObject({code});
  });

  it.each([
    ['InternalServiceError', 'secrets', json('InternalServiceError', '', 500)],
    ['ThrottlingException', 'secrets', json('ThrottlingException')],
    ['Throttling', 'iam', xml('Throttling', '', 400)],
    ['ServiceUnavailable', 'iam', xml('ServiceUnavailable', '', 503)],
  ] as const)('asks once after %s of %s, where the SDK makes 3 attempts by default', async (_name, service, answer) => {
    expect((await told(service, answer)).asked).toBe(1);
  });

  it('says which right is missing, and nothing else of what AWS says', async () => {
    const said = 'User: arn:aws:iam::1:user/x is not authorized to perform: iam:GetUser on resource: secret-name';

    const {error} = await told('iam', xml('AccessDenied', said));

    expect(error.message).toMatch(
      /^Expected AWS at http:\/\/127\.0\.0\.1:\d+\/eu-central-1 to do iam:GetUser, got AccessDenied, which lacks iam:GetUser\. /,
    );
    expect(error.message).not.toContain('secret-name');
    expect(JSON.stringify(error)).not.toContain(keys.secretAccessKey);
  });

  it('may be asked again where AWS is asked too often, or is ill', async () => {
    const codes = ['ThrottlingException', 'TooManyRequestsException', 'RequestLimitExceeded'];

    for (const code of codes)
      expect((await told('secrets', json(code))).error).toMatchObject({retryable: true, code: 'rate-limited'});
    expect((await told('secrets', json('InternalServiceError', '', 500))).error).toMatchObject({
      retryable: true,
      code: 'unavailable',
    });
    expect((await told('secrets', json('AccessDeniedException'))).error).toMatchObject({retryable: false});
  });
});
