import * as z from 'zod';
import type {ByHandPlace} from '../../contract/operation.ts';
import {shellBlock} from '../shell-block.ts';
import {quote, shellWord} from '../shell-quote.ts';

const connectionSchema = z.looseObject({
  region: z.string().optional().catch(undefined),
  endpoint: z.string().optional().catch(undefined),
});

/** Lines for the `aws` program, at the connection's place and no other. The credential is the person's own. */
export function awsByHand(
  lines: readonly string[],
  {connection, expected = []}: ByHandPlace,
  values: readonly unknown[],
): readonly string[] {
  const {region, endpoint} = connectionSchema.safeParse(connection).data ?? {};
  const settings = [
    ...(region === undefined ? [] : [`AWS_REGION=${shellWord(region)}`]),
    ...(endpoint === undefined
      ? ['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true']
      : [`AWS_ENDPOINT_URL=${shellWord(endpoint)}`]),
    'AWS_PAGER=',
  ];
  return [
    `# As an operator of the account, with the aws program of version 2.`,
    ...shellBlock(
      [
        'unset AWS_ENDPOINT_URL AWS_ENDPOINT_URL_IAM AWS_ENDPOINT_URL_STS AWS_ENDPOINT_URL_SECRETS_MANAGER',
        `export ${settings.join(' ')}`,
        ...(region === undefined ? [`: "\${AWS_REGION:?must be the region of the connection}"`] : []),
        ...requireAccount(expected),
        ...lines,
      ],
      [region, endpoint, ...values],
    ),
  ];
}

/** Whoever is logged in elsewhere does nothing there. */
function requireAccount(accounts: readonly string[]): readonly string[] {
  if (accounts.length === 0) return [];
  const asked = 'aws sts get-caller-identity --query Account --output text';
  const wrong = `echo ${quote(`Expected a login of account ${accounts.join(' or ')}. Nothing was done.`)} >&2; exit 1`;
  return [`case "$(${asked})" in ${accounts.map(quote).join(' | ')}) ;; *) ${wrong} ;; esac`];
}
