const credentialName = /auth|cookie|token|api-?_?key|secret|password|credential|session|signature/i;
/** As in a drill, before the values are known. */
const secretReference = /\$\{\{\s*(?:secrets|capture)\./;

/**
 * Whether this asks with something that looks like a credential: a header, a parameter of the URL or a member of the body
 * with such a name, a value that comes from a secret or a capture, a client certificate. Taken for one in doubt: it only
 * makes the drill stricter. Asked before the input was held against its schema, too.
 */
export function carriesCredential({url, headers, body, tls}: Readonly<Record<string, unknown>>): boolean {
  if (typeof tls === 'object' && tls !== null && ('key' in tls || 'certificate' in tls)) return true;
  if (secretReference.test(JSON.stringify([url, headers, body]))) return true;
  const parameters = typeof url === 'string' && URL.canParse(url) ? new URL(url).searchParams.keys() : [];
  return [...parameters, ...namesIn(headers), ...namesIn(body)].some((name) => credentialName.test(name));
}

function namesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const names = Array.isArray(value) ? [] : Object.keys(value);
  return [...names, ...Object.values(value).flatMap(namesIn)];
}
