import type {AuditEvent} from '../../contract/operation.ts';
import {scopeOfSecret} from './scope.ts';
import {serviceOf, type TrailRecord} from './trail-record.ts';

/** What a record tells, by whom and in which phase of the run. Undefined for what is no matter of a drill. */
export function eventOf(
  record: TrailRecord,
  {actor, phase}: Pick<AuditEvent, 'actor' | 'phase'>,
): AuditEvent | undefined {
  const effect = effectOf(record);
  const isQuiet = effect === 'use' || (effect !== 'change' && isService(record));
  if (actor.kind === 'run' || (isQuiet && actor.kind !== 'integration')) return undefined;
  if (effect === 'read' && actor.kind === 'workload') return undefined;
  const {accessKeyId = '', arn, userName} = record.userIdentity ?? {};
  const displayName = arn ?? userName;
  return {
    time: record.eventTime,
    operation: record.eventName,
    path: pathOf(record),
    ...(accessKeyId === '' ? {} : {accessor: accessKeyId}),
    ...(displayName === undefined ? {} : {displayName}),
    ...(record.sourceIPAddress === undefined ? {} : {remoteAddress: record.sourceIPAddress}),
    actor,
    effect,
    phase,
  };
}

/** AWS refuses before anything is done, so that what has a code of an error changed nothing. */
function effectOf(record: TrailRecord): AuditEvent['effect'] {
  const {eventName, errorCode, responseElements, readOnly} = record;
  const service = serviceOf(record);
  if ((errorCode ?? '') !== '' || responseElements?.ConsoleLogin === 'Failure') return 'refused';
  if (service === 'signin') return 'login';
  if (service === 'sts' && /^(?:AssumeRo|GetSessionToken$|GetFederationToken$)/.test(eventName)) return 'hand-out';
  if (readOnly !== true && !(readOnly === undefined && readsByName.test(eventName))) return 'change';
  return service === 'secretsmanager' && /^(?:Batch)?GetSecretValue$/.test(eventName) ? 'read' : 'use';
}

/** A service by itself: on behalf of nobody. */
export function isService({userIdentity, eventType}: TrailRecord): boolean {
  const {type, arn, invokedBy, sessionContext} = userIdentity ?? {};
  if (type === 'AWSService' || (eventType === 'AwsServiceEvent' && arn === undefined)) return true;
  const issuer = sessionContext?.sessionIssuer?.arn ?? '';
  // A role that only the service itself can take.
  return invokedBy !== undefined && issuer.includes(':role/aws-service-role/');
}

/** Where a record does not say whether it only reads. */
const readsByName = /^(?:Get|List|Describe|Lookup|Head|BatchGet|Search|Simulate|Validate)/;

/** As `scope.ts` names them. */
function pathOf(record: TrailRecord): string {
  const service = serviceOf(record);
  const asked = record.requestParameters;
  const caller = record.userIdentity?.userName;
  if (service === 'secretsmanager') {
    const secret = secretIn(record);
    return secret === undefined ? service : (scopeOfSecret({secret: nameOf(secret)})[0] ?? service);
  }
  if (service === 'iam') {
    if (asked?.roleName !== undefined) return `iam/role/${asked.roleName}`;
    // Whoever names no user asks for their own.
    const own = ownAffairs.test(record.eventName) ? caller : undefined;
    const user = asked?.userName ?? record.responseElements?.accessKey?.userName ?? own;
    if (user !== undefined) return `iam/user/${user}`;
    if (asked?.groupName !== undefined) return `iam/group/${asked.groupName}`;
    return asked?.policyArn === undefined ? service : `iam/policy/${lastOf(asked.policyArn)}`;
  }
  if (service === 'sts' && asked?.roleArn !== undefined) return `sts/role/${lastOf(asked.roleArn)}`;
  return (service === 'sts' || service === 'signin') && caller !== undefined ? `${service}/user/${caller}` : service;
}

/** The answer has the whole name; what was asked may be a part of an ARN. */
function secretIn({requestParameters, responseElements, additionalEventData}: TrailRecord): string | undefined {
  const answered = responseElements?.name ?? responseElements?.arn ?? responseElements?.aRN;
  return answered ?? requestParameters?.secretId ?? requestParameters?.name ?? additionalEventData?.SecretId;
}

/** Of an ARN, its name without the six characters that AWS puts behind it. */
function nameOf(secret: string): string {
  return secret.startsWith('arn:') ? (secret.split(':').at(-1) ?? '').replace(/-[A-Za-z0-9]{6}$/, '') : secret;
}

const ownAffairs =
  /(?:AccessKey|LoginProfile|ChangePassword|GetUser|SigningCertificate|SSHPublicKey|ServiceSpecificCredential)/;

function lastOf(arn: string): string {
  return arn.split('/').at(-1) ?? '';
}
