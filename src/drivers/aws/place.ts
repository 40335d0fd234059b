import * as z from 'zod';

/** Where a connection works: a region of AWS, or of what answers in its place at an endpoint. */
export type Place = {readonly region: string; readonly endpoint?: string | undefined};

export type Service = 'secretsmanager' | 'iam' | 'sts' | 'cloudtrail';

export const regionField = z
  .string()
  .regex(
    /^(?!us-iso|eu-iso|eusc)[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/,
    'Expected a region such as `eu-central-1`; isolated and sovereign partitions are not known here.',
  )
  .meta({description: 'The region, such as eu-central-1'});

/** An origin, without a path: all services answer there. */
export const endpointField = z
  .string()
  .transform((text, ctx) => {
    const origin = originOf(text);
    if (origin !== undefined) return origin;
    ctx.addIssue({code: 'custom', message: `Expected an origin such as \`http://127.0.0.1:5000\`.`, input: text});
    return z.NEVER;
  })
  .meta({
    description:
      'Where an emulator answers for every service, such as http://127.0.0.1:5000; AWS itself where left out',
  });

/** `eu-central-1` for AWS itself, `http://127.0.0.1:5000/eu-central-1` for what stands in its place. */
export const placeField = z
  .string()
  .transform((text, ctx) => {
    if (regionField.safeParse(text).success) return text;
    const cut = text.lastIndexOf('/');
    const origin = originOf(text.slice(0, cut));
    const region = regionField.safeParse(text.slice(cut + 1));
    if (origin !== undefined && region.success) return `${origin}/${region.data}`;
    const message =
      'Expected a region such as `eu-central-1`, or an endpoint and a region such as `http://127.0.0.1:5000/eu-central-1`.';
    ctx.addIssue({code: 'custom', message, input: text});
    return z.NEVER;
  })
  .meta({description: 'A region such as eu-central-1, after the endpoint of an emulator and a slash where it is one'});

export function renderPlace({region, endpoint}: Place): string {
  return endpoint === undefined ? region : `${endpoint}/${region}`;
}

/** Where a service answers, and for which region its requests are signed. */
export type Endpoint = {readonly url: string; readonly signedFor: string};

/**
 * Said to the client and never left to it: what its environment or its files say does not count. IAM has one endpoint for
 * all regions of a partition, and is signed for one of them.
 */
export function endpointOf({region, endpoint}: Place, service: Service): Endpoint {
  if (endpoint !== undefined) return {url: endpoint, signedFor: region};
  const partition = partitions.find(({prefix}) => region.startsWith(prefix)) ?? commercial;
  if (service !== 'iam') return {url: `https://${service}.${region}.${partition.suffix}`, signedFor: region};
  return {url: `https://${partition.iam}`, signedFor: partition.iamRegion};
}

const replicaPrefix = 'replica in ';

/** A region to which something is replicated, by a call at another one. */
export function renderReplica(region: string): string {
  return `${replicaPrefix}${region}`;
}

/** Whether an entry of the guard speaks of a place; of a replica, it is one for that region. */
export function coversPlace(entry: string, place: string): boolean {
  if (!place.startsWith(replicaPrefix)) return entry === place;
  return entry.split('/').at(-1) === place.slice(replicaPrefix.length);
}

/** Whether the answers are those of something that stands in for AWS. */
export function isEmulated({endpoint}: Place): boolean {
  return endpoint !== undefined;
}

/** Of partitions; the endpoints of each, from the rules that come with the SDK. */
const commercial = {prefix: '', suffix: 'amazonaws.com', iam: 'iam.amazonaws.com', iamRegion: 'us-east-1'};
const partitions = [
  {prefix: 'cn-', suffix: 'amazonaws.com.cn', iam: 'iam.cn-north-1.amazonaws.com.cn', iamRegion: 'cn-north-1'},
  {prefix: 'us-gov-', suffix: 'amazonaws.com', iam: 'iam.us-gov.amazonaws.com', iamRegion: 'us-gov-west-1'},
];

function originOf(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isBare =
    url.username === '' && url.password === '' && url.pathname === '/' && url.search === '' && url.hash === '';
  return isBare ? url.origin : undefined;
}
