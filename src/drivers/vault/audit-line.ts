import * as z from 'zod';

const auth = z.object({
  accessor: z.string().optional(),
  display_name: z.string().optional(),
  token_type: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
});

const lineSchema = z.object({
  time: z.string(),
  type: z.enum(['request', 'response']),
  error: z.string().optional(),
  auth: auth.optional(),
  request: z.object({
    id: z.string().optional(),
    operation: z.string().default(''),
    path: z.string().default(''),
    remote_address: z.string().optional(),
    wrap_ttl: z.number().optional(),
    namespace: z.object({path: z.string().default('')}).nullish(),
  }),
  response: z
    .object({
      auth: auth.nullish(),
      secret: z.object({lease_id: z.string().optional()}).nullish(),
      wrap_info: z.unknown().optional(),
    })
    .nullish(),
});

/** One line of an audit device, as far as it is used. */
export type AuditLine = z.infer<typeof lineSchema>;

/** Undefined where it is none. */
export function parseLine(text: string): AuditLine | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * The line as seen from one namespace: what was done in another has a path that begins with `/` and that namespace, so that
 * it is not taken for this one's. What is done to the whole server bears on every namespace.
 */
export function seenFrom(namespace: string, line: AuditLine): AuditLine {
  const of = (line.request.namespace?.path ?? '').replace(/\/$/, '');
  if (of === namespace || (of === '' && wholeServer.test(line.request.path))) return line;
  return {...line, request: {...line.request, path: `/${of === '' ? '' : `${of}/`}${line.request.path}`}};
}

const wholeServer = /^sys\/(?:seal|step-down|audit|namespaces)(?:\/|$)/;

/** Changes in form only: they look something up, and are sent as a POST because a secret stands in their body. */
const looks = [
  /^auth\/token\/lookup/,
  /^sys\/leases\/lookup/,
  /\/secret-id(-accessor)?\/lookup$/,
  /^sys\/capabilities/,
  /^sys\/audit-hash\//,
  /^sys\/wrapping\/lookup$/,
  /^sys\/internal\//,
];

/** Ends or keeps nothing but the caller's own. */
const ownAffairs = [/^auth\/token\/revoke-self$/, /^cubbyhole\//];
const renewals = [/^auth\/token\/renew(?:-self|-accessor)?$/, /^sys\/leases\/renew/, /^sys\/renew/];

/**
 * What a line that answers a request says was done. `wasRefused`: its request was turned away before anything was done. A
 * change that was let in and failed counts as one: it may have been half done.
 */
export function effectOf(
  line: AuditLine,
  wasRefused: boolean,
): 'change' | 'hand-out' | 'login' | 'renewal' | 'use' | 'refused' {
  const {operation, path} = line.request;
  if (wasRefused || (isLoginPath(path) && !isLogin(line))) return 'refused';
  const isOneOf = (patterns: readonly RegExp[]): boolean => patterns.some((pattern) => pattern.test(path));
  if (isOneOf(renewals) || isOneOf(ownAffairs) || isOneOf(looks)) {
    if (isError(line)) return 'refused';
    return isOneOf(renewals) ? 'renewal' : 'use';
  }
  if (isLogin(line)) return 'login';
  if (['create', 'update', 'delete', 'patch', 'revoke', 'rollback'].includes(operation)) return 'change';
  if (isError(line)) return 'refused';
  const {response} = line;
  const handsOut = (response?.secret?.lease_id ?? '') !== '' || response?.auth != null || response?.wrap_info != null;
  return handsOut ? 'hand-out' : 'use';
}

/** A read of what an engine or an auth method keeps; the server's own affairs are none. */
export function mayReadSecret({request}: AuditLine): boolean {
  return request.operation === 'read' && !/^(?:sys|identity|cubbyhole|auth\/token)\//.test(request.path);
}

/** A login through an auth method, which answers with a token; the token store itself has no such path. */
export function isLogin({request, response}: AuditLine): boolean {
  return isLoginPath(request.path) && response?.auth != null;
}

/** The answer that made one of these tokens. */
export function isMint(line: AuditLine | undefined, accessors: readonly string[]): boolean {
  return (
    line?.type === 'response' &&
    line.request.path === 'auth/token/create' &&
    accessors.includes(line.response?.auth?.accessor ?? '')
  );
}

export function isError({error}: AuditLine): boolean {
  return error !== undefined && error !== '';
}

/** Neither a token role nor an AppRole that is named `login` is a login. */
function isLoginPath(path: string): boolean {
  return /^auth\/(?!token\/)(?!.*\/role\/).+\/login(\/|$)/.test(path);
}
