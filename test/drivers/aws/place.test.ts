import {CloudTrail} from '@aws-sdk/client-cloudtrail';
import {IAM} from '@aws-sdk/client-iam';
import {SecretsManager} from '@aws-sdk/client-secrets-manager';
import {STS} from '@aws-sdk/client-sts';
import {describe, expect, it} from 'vitest';
import {aws} from '../../../src/drivers/aws/index.ts';
import {endpointField, endpointOf, placeField, regionField, renderReplica} from '../../../src/drivers/aws/place.ts';

const apis = {cloudtrail: CloudTrail, iam: IAM, secretsmanager: SecretsManager, sts: STS};

describe('drivers/aws/place', () => {
  const regions = ['eu-central-1', 'us-east-1', 'ap-southeast-2', 'cn-north-1', 'cn-northwest-1', 'us-gov-east-1'];
  const services = ['cloudtrail', 'iam', 'secretsmanager', 'sts'] as const;

  it.each(regions.flatMap((region) => services.map((service) => ({region, service}))))(
    'asks $service of $region where the SDK would by itself, and signs for the same region',
    ({region, service}) => {
      const {config} = new apis[service]({region, credentials: {accessKeyId: 'a', secretAccessKey: 'b'}});
      const parameters = {Region: region, UseDualStack: false, UseFIPS: false, UseGlobalEndpoint: false};
      const resolved = (config.endpointProvider as (given: object) => {url: URL; properties?: object})(parameters);
      const [scheme] = Object(resolved.properties).authSchemes ?? [];

      expect(endpointOf({region}, service)).toEqual({
        url: resolved.url.origin,
        signedFor: scheme?.signingRegion ?? region,
      });
    },
  );

  it('asks an emulator for everything at one place', () => {
    expect(endpointOf({region: 'eu-central-1', endpoint: 'http://127.0.0.1:5000'}, 'iam')).toEqual({
      url: 'http://127.0.0.1:5000',
      signedFor: 'eu-central-1',
    });
  });

  it.each(['eu', 'eu-central', 'EU-CENTRAL-1', 'us-iso-east-1', 'eusc-de-east-1', 'eu-central-1/', ''])(
    'takes %j for no region',
    (text) => {
      expect(regionField.safeParse(text).success).toBe(false);
    },
  );

  it('reads a place of the guard in one form', () => {
    expect(placeField.parse('eu-central-1')).toBe('eu-central-1');
    expect(placeField.parse('HTTP://LocalHost:5000/eu-central-1')).toBe('http://localhost:5000/eu-central-1');
    for (const text of [
      'http://127.0.0.1:5000',
      'http://a:b@127.0.0.1/eu-central-1',
      'http://127.0.0.1/x/eu-central-1',
      'secretsmanager',
    ]) {
      expect(placeField.safeParse(text).success, text).toBe(false);
    }
    expect(endpointField.safeParse('http://127.0.0.1:5000/path').success).toBe(false);
  });

  it('covers its own place alone', () => {
    const covers = (entry: string, target: string) =>
      aws.guard.covers({kind: 'aws', address: entry, cluster: '1'}, {kind: 'aws', address: target});

    expect(covers('eu-central-1', 'eu-central-1')).toBe(true);
    expect(covers('eu-central-1', 'http://127.0.0.1:5000/eu-central-1')).toBe(false);
    expect(covers('http://127.0.0.1:5000/us-east-1', renderReplica('us-east-1'))).toBe(true);
    expect(covers('eu-central-1', renderReplica('us-east-1'))).toBe(false);
    expect(aws.guard.host?.('eu-central-1')).toBeUndefined();
    expect(aws.guard.host?.('http://localhost:5000/eu-central-1')).toBe('localhost');
  });

  it('tells AWS from what stands in for it by the endpoint', () => {
    expect(aws.emulates?.({region: 'eu-central-1'})).toBe(false);
    expect(aws.emulates?.({region: 'eu-central-1', endpoint: 'http://127.0.0.1:5000'})).toBe(true);
  });

  it('AWS_ENDPOINT_URL, AWS_PROFILE and the like are found, where they lead elsewhere or act as somebody else', () => {
    const find = (variables: Readonly<Record<string, string>>, connections: readonly object[]) =>
      (aws.environment?.(variables, {targets: [{kind: 'aws', address: 'eu-central-1'}], connections}) ?? []).map(
        ({name}) => name,
      );
    const emulator = [{region: 'eu-central-1', endpoint: 'http://127.0.0.1:5000'}];
    const itself = [{region: 'eu-central-1'}];

    expect(find({AWS_ENDPOINT_URL: 'http://127.0.0.1:5000/', AWS_REGION: 'eu-central-1'}, emulator)).toEqual([]);
    expect(find({AWS_ENDPOINT_URL: 'http://127.0.0.1:5000'}, itself)).toEqual(['AWS_ENDPOINT_URL']);
    expect(
      find({AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:1', AWS_DEFAULT_REGION: 'us-east-1', AWS_PROFILE: ''}, itself),
    ).toEqual(['AWS_ENDPOINT_URL_STS', 'AWS_DEFAULT_REGION']);
    expect(find({AWS_PROFILE: 'x', AWS_ACCESS_KEY_ID: 'x', AWS_SESSION_TOKEN: 'x', AWS_PAGER: 'less'}, itself)).toEqual(
      ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SESSION_TOKEN'],
    );
    expect(find({HTTPS_PROXY: 'http://proxy:3128'}, itself)).toContain('HTTPS_PROXY');
  });
});
