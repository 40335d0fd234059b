const credentialName = /auth|cookie|token|api-?_?key|secret|password|credential|session|signature/i;

/** Whether a header or a parameter of the URL looks like a credential. Taken for one in doubt: it only makes the drill stricter. */
export function carriesCredential(input: {
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}): boolean {
  const url = input.url ?? '';
  const parameters = URL.canParse(url) ? new URL(url).searchParams.keys() : [];
  return [...Object.keys(input.headers ?? {}), ...parameters].some((name) => credentialName.test(name));
}
