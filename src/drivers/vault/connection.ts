import * as z from 'zod';
import type {Connection} from '../../contract/driver.ts';
import {durationField} from '../../contract/fields.ts';
import {secretString} from '../../contract/secret.ts';
import {vaultAddress} from './address.ts';
import {createVaultClient} from './client.ts';
import {VaultSession} from './session.ts';

const input = z.strictObject({
  address: vaultAddress.meta({description: 'The URL of the active node'}),
  token: secretString('token of the operator').meta({
    description: 'A token of the operator’s; the run mints a child of it and works with that',
  }),
  namespace: z.string().min(1).optional().meta({description: 'The namespace to work in'}),
  timeout: durationField.prefault('5s').meta({description: 'Bounds each call'}),
});

export const connection: Connection<z.infer<typeof input>, VaultSession> = {
  description: 'One HashiCorp Vault or OpenBao.',
  input,
  targets: ({address}) => [{kind: 'vault', address}],
  open: async ({address, token, namespace, timeout}, ctx) => {
    const client = await createVaultClient({
      address,
      timeoutMs: timeout,
      ...(namespace === undefined ? {} : {namespace}),
    });
    return new VaultSession(client, {address, token}, ctx);
  },
};
