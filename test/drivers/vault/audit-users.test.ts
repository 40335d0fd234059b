import {readFile, rename, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {gzipSync} from 'node:zlib';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {createBaoApi} from '../../../lab/openbao.ts';
import type {AuditUse} from '../../../src/contract/driver.ts';
import type {DeclaredIdentity} from '../../../src/contract/operation.ts';
import {auditCommand} from '../../../src/drivers/vault/audit-command.ts';
import {auditFile} from '../../../src/drivers/vault/audit-file.ts';
import {loginPath, usersInAuditCommand, usersInAuditFile} from '../../../src/drivers/vault/audit-users.ts';
import {createSystemClock} from '../../../src/util/system-clock.ts';
import {startVaultLab, type VaultLab} from './vault-lab.ts';

const identities: readonly DeclaredIdentity[] = [{role: 'integration', spec: {approle: 'orders-mcp'}}];
const creds = 'database/creds/orders-mcp';
const login = loginPath({role: 'orders-mcp', mount: 'approle'});

describe('drivers/vault/audit-users', () => {
  let vault: VaultLab;
  let log: string;
  beforeAll(async () => {
    vault = await startVaultLab();
    log = path.join(vault.lab.data, 'openbao', 'audit.log');
    const {token} = await vault.logIn('orders-mcp');
    await createBaoApi(vault.address, token)('GET', creds);
    const other = await vault.root('POST', 'auth/token/create', {policies: ['orders-mcp'], display_name: 'billing'});
    const billing = createBaoApi(vault.address, String(Object(other.auth).client_token));
    await billing('GET', creds);
    await billing('GET', creds);
    const {token: refused} = await vault.logIn('checkout');
    await createBaoApi(vault.address, refused)('GET', creds).catch(() => undefined);
  });
  afterAll(() => vault?.down());

  const find = async (paths: readonly string[], since = 0): Promise<readonly AuditUse[]> =>
    (await usersInAuditFile(auditFile.input.parse({path: log}), {paths, since, identities, base: '/'})).uses;

  it('finds who was served, how often and from where, and not who was refused', async () => {
    expect(await find([creds])).toEqual([
      expect.objectContaining({path: creds, who: 'approle orders-mcp', isDeclared: true}),
      {
        path: creds,
        who: 'token-billing',
        isDeclared: false,
        addresses: [expect.stringMatching(/\d/)],
        times: 2,
        lastAt: expect.stringMatching(/^\d{4}-.*Z$/),
      },
    ]);
  });

  it('finds logins by the role', async () => {
    expect(await find([login])).toMatchObject([{path: login, who: 'approle orders-mcp', isDeclared: true}]);
    expect(await find([loginPath({role: 'nobody', mount: 'approle'})])).toEqual([]);
  });

  it('looks back so far, and says where the record begins later', async () => {
    const begun = await usersInAuditFile(auditFile.input.parse({path: log}), {
      paths: [creds],
      since: 0,
      identities,
      base: '/',
    });

    expect(begun.from).toMatch(/^\d{4}-.*Z$/);
    expect(await find([creds], Date.now() + 60_000)).toEqual([]);
  });

  it('says that nothing is known where there is no log, or a part of it can not be read', async () => {
    const asked = {paths: [creds], since: 0, identities, base: '/'};
    const packed = `${log}.1.gz`;
    await writeFile(packed, gzipSync(await readFile(log)).subarray(0, -100));

    const none = await usersInAuditFile(
      auditFile.input.parse({path: path.join(path.dirname(log), 'nowhere.log')}),
      asked,
    );
    const aside = path.join(path.dirname(log), 'elsewhere');
    await rename(log, aside);
    const part = await usersInAuditFile(auditFile.input.parse({path: log}), asked);
    await rename(aside, log);
    await rm(packed);

    expect(none).toEqual({uses: [], unknown: expect.stringContaining('no audit log can be read at')});
    expect(part.unknown).toBe("audit.log.1.gz can't be read");
  });

  it('reads what was rotated', async () => {
    await rename(log, `${log}.1`);
    const found = await find([creds]);
    await rename(`${log}.1`, log);

    expect(found).toHaveLength(2);
  });

  it('reads what a command prints, as a file, and says why it does not', async () => {
    const asked = {
      ...{paths: [creds], since: Date.parse('2020-01-01'), identities, base: '/'},
      ...{clock: createSystemClock(), signal: AbortSignal.timeout(60_000)},
    };
    const printing = (script: string, env: Readonly<Record<string, string>> = {}) =>
      usersInAuditCommand(auditCommand.input.parse({argv: ['sh', '-c', script], env: {LOG: log, ...env}}), asked);

    const found = await printing('test "$OFFDRILL_AUDIT_FROM" = 2020-01-01T00:00:00.000Z && cat "$LOG"');
    const failed = await printing('cat "$LOG"; exit 3');
    const empty = await printing('true');
    const withheld = await printing('cat "$LOG"', {TOKEN: '\x24{{ secrets.siem }}'});

    expect(found.uses).toEqual(await find([creds]));
    expect(found).toMatchObject({from: expect.stringMatching(/^\d{4}-.*Z$/)});
    expect(failed).toEqual({uses: [], unknown: expect.stringContaining('to print the audit log and end with 0')});
    expect(empty).toEqual({uses: [], unknown: 'its command prints no line of an audit log of that time'});
    expect(withheld).toEqual({uses: [], unknown: expect.stringContaining('such as a secret')});
  });
});
