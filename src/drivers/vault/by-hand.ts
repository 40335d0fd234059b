import * as z from 'zod';
import type {ByHandPlace} from '../../contract/operation.ts';
import {fileWord, shellBlock} from '../shell-block.ts';
import {shellWord} from '../shell-quote.ts';

const connectionSchema = z.looseObject({
  address: z.string().optional().catch(undefined),
  namespace: z.string().optional().catch(undefined),
  tls: z.looseObject({ca: z.string().optional(), certificate: z.string().optional()}).optional().catch(undefined),
});

/**
 * Lines for the `vault` program, or `bao`, on the connection's server and no other, whatever the environment names. The
 * credential is the person's own. `values`: what stands in the lines and may not be known.
 */
export function vaultByHand(
  lines: readonly string[],
  {connection, base}: ByHandPlace,
  values: readonly unknown[],
): readonly string[] {
  const {address, namespace, tls} = connectionSchema.safeParse(connection).data ?? {};
  const settings = [
    ...(address === undefined ? [] : [`VAULT_ADDR=${shellWord(address)}`]),
    ...(namespace === undefined ? [] : [`VAULT_NAMESPACE=${shellWord(namespace)}`]),
    ...(tls?.ca === undefined ? [] : [`VAULT_CACERT=${fileWord(tls.ca, base)}`]),
    ...(tls?.certificate === undefined ? [] : [`VAULT_CLIENT_CERT=${fileWord(tls.certificate, base)}`]),
  ];
  const needed = [
    ...(address === undefined ? [`: "\${VAULT_ADDR:?must be the address of Vault}"`] : []),
    ...(tls?.certificate === undefined ? [] : [`: "\${VAULT_CLIENT_KEY:?must be the file with its key}"`]),
  ];
  return [
    `# As an operator who is logged in${address === undefined ? '' : ` at ${address}`}. For OpenBao, bao takes the same words as vault.`,
    ...shellBlock(
      [
        'unset VAULT_NAMESPACE VAULT_AGENT_ADDR BAO_ADDR BAO_NAMESPACE BAO_AGENT_ADDR',
        ...(settings.length === 0 ? [] : [`export ${settings.join(' ')}`]),
        ...needed,
        ...lines,
      ],
      [address, namespace, tls?.ca, tls?.certificate, ...values],
    ),
  ];
}
