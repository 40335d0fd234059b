import {askForFile, fileWord, shellBlock} from '../shell-block.ts';
import {shellWord, unknownIn} from '../shell-quote.ts';
import {jsonRequest} from './json-request.ts';

type Given = {
  readonly url: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
  readonly tls?: {readonly ca?: string | undefined; readonly certificate?: string | undefined} | undefined;
  readonly status: unknown;
};

/** The request by curl, through no proxy and with nothing of the person's own settings. What is not known goes there by a pipe. */
export function requestByHand(given: Given, base: string): readonly string[] {
  const {url, method, tls, status} = given;
  const {headers = {}, body} = jsonRequest({...given, headers: recordOf(given.headers)});
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const asksForBody = unknownIn(body).length > 0;
  const asksForKey = tls?.certificate !== undefined;
  const config = [...options('header', fields), ...options('url', [url])];
  const curl = [
    "curl -q -gsS --noproxy '*' -o /dev/null -w '%{http_code}'",
    `-X ${shellWord(method)}`,
    ...fields.filter(isKnown).map((field) => `-H ${shellWord(field)}`),
    ...(body === undefined ? [] : [asksForBody ? '--data-binary @"$body"' : `--data-binary ${shellWord(body)}`]),
    ...(tls?.ca === undefined ? [] : [`--cacert ${fileWord(tls.ca, base)}`]),
    ...(tls?.certificate === undefined ? [] : [`--cert ${fileWord(tls.certificate, base)} --key "$key"`]),
    ...(isKnown(url) ? [shellWord(url)] : []),
  ].join(' ');
  const call = config.length === 0 ? curl : `{ ${config.join('; ')}; } | ${curl} -K -`;
  const wanted = Array.isArray(status) ? status.map(String) : ['2??'];
  return shellBlock(
    [
      ...(config.length === 0 ? [] : [`escaped() { printf %s "$1" | sed 's/[\\\\"]/\\\\&/g'; }`]),
      ...(asksForBody ? [askForFile('body', `this JSON, with the values in place: ${body}`)] : []),
      ...(asksForKey ? [askForFile('key', 'the key of the client certificate')] : []),
      `answer=$(${call})`,
      `case "$answer" in (${wanted.join('|')}) echo "Done: it answered $answer.";; (*) echo "It answered $answer, not ${wanted.join(' or ')}." >&2; exit 1;; esac`,
    ],
    [fields, url, tls?.ca, tls?.certificate],
  );
}

/** Lines of a configuration that curl reads from a pipe: what a process is started with, others see. */
function options(name: string, values: readonly string[]): readonly string[] {
  return values
    .filter((value) => !isKnown(value))
    .map((value) => `printf '${name} = "%s"\\n' "$(escaped ${shellWord(value)})"`);
}

function isKnown(value: string): boolean {
  return unknownIn(value).length === 0;
}

/** A reference may stand in place of all of them; then none can be named. */
function recordOf(headers: unknown): Readonly<Record<string, string>> {
  return typeof headers === 'object' && headers !== null ? Object.fromEntries(Object.entries(headers)) : {};
}
