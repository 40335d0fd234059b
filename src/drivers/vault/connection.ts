import * as z from 'zod';
import type {Connection} from '../../contract/driver.ts';
import {durationField, exactlyOneOf} from '../../contract/fields.ts';
import {secretString} from '../../contract/secret.ts';
import {readTls, tlsField} from '../read-tls.ts';
import {shellWord} from '../shell-quote.ts';
import {vaultAddress} from './address.ts';
import {vaultByHand} from './by-hand.ts';
import {createVaultClient} from './client.ts';
import {pathField} from './fields.ts';
import {logInOperator, operatorLogin} from './operator-login.ts';
import {lockField} from './run-lock.ts';
import {VaultSession} from './session.ts';

const input = z
  .strictObject({
    address: vaultAddress.meta({description: 'The URL of the active node'}),
    token: secretString('token of the operator').optional().meta({
      description: 'A token of the operator’s; the run mints a child of it and works with that',
    }),
    login: operatorLogin
      .optional()
      .meta({description: 'A login of the operator’s instead of a token; its token ends with the run'}),
    tls: tlsField.optional(),
    namespace: pathField.optional().meta({description: 'The namespace to work in; the root namespace'}),
    lock: lockField.optional(),
    timeout: durationField.prefault('5s').meta({description: 'Bounds each call'}),
  })
  .check(exactlyOneOf('token', 'login'));

export const connection: Connection<z.infer<typeof input>, VaultSession> = {
  description: 'One HashiCorp Vault or OpenBao.',
  input,
  targets: ({address}) => [{kind: 'vault', address}],
  open: async ({address, token, login, tls, namespace, lock, timeout}, ctx) => {
    const client = await createVaultClient({
      address,
      timeoutMs: timeout,
      ...(namespace === undefined ? {} : {namespace}),
      ...(tls === undefined ? {} : {tls: await readTls(tls, ctx.base)}),
    });
    const logIn = async (): Promise<string> =>
      login === undefined ? (token ?? '') : logInOperator(login, client, {...ctx, address});
    const options = {address, namespace: namespace ?? '', logIn, endsLogin: login !== undefined};
    return new VaultSession(client, {...options, ...(lock === undefined ? {} : {lock})}, ctx);
  },
  endByHand: ({accessor}, at) =>
    vaultByHand(
      [`vault token revoke -accessor ${shellWord(accessor)}`, `echo "Done: the run's token is revoked."`],
      at,
      [accessor],
    ),
};
