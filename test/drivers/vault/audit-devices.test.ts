import {execFile} from 'node:child_process';
import {copyFile, readdir, readFile, rename, rm, stat, truncate, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {gzipSync} from 'node:zlib';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {createBaoApi} from '../../../lab/openbao.ts';
import type {AuditReading, AuditSource, DeclaredIdentity} from '../../../src/contract/operation.ts';
import {auditCommand} from '../../../src/drivers/vault/audit-command.ts';
import {auditFile} from '../../../src/drivers/vault/audit-file.ts';
import type {Notes} from '../../../src/drivers/vault/audit-reading.ts';
import type {VaultSession} from '../../../src/drivers/vault/session.ts';
import {type TestContext, windowOf} from '../../helpers/context.ts';
import {eventually} from '../../helpers/eventually.ts';
import {issueSecretId, startVaultLab, type VaultLab} from './vault-lab.ts';

const signal = AbortSignal.timeout(120_000);
const identities: readonly DeclaredIdentity[] = [
  {role: 'integration', spec: {approle: 'orders-mcp'}},
  {role: 'workload', spec: {approle: 'checkout'}},
];
const secretId = 'auth/approle/role/orders-mcp/secret-id';

/** The window of a run in logs that are rotated, lost in part, written twice, or kept elsewhere. */
describe('drivers/vault/audit-devices', () => {
  let vault: VaultLab;
  let ctx: TestContext<VaultSession>;
  let log: string;
  let raw: string;
  beforeAll(async () => {
    vault = await startVaultLab({rawAudit: true});
    log = path.join(vault.lab.data, 'openbao', 'audit.log');
    raw = path.join(vault.lab.data, 'openbao', 'raw-audit.log');
  });
  afterAll(() => vault?.down());
  beforeEach(async () => {
    ctx = await vault.open();
    await ctx.connection.begin({maxDurationMs: 60_000}, signal);
  });
  afterEach(async () => {
    for (const name of await readdir(path.dirname(log)))
      if (/^audit\.log[.-]/.test(name)) await rm(path.join(path.dirname(log), name));
  });

  type Source<Input> = AuditSource<Input, Notes, VaultSession>;
  async function window<Input>(
    source: Source<Input>,
    input: Input,
    {inside, afterwards}: {inside?: () => Promise<unknown>; afterwards?: () => Promise<unknown>} = {},
  ): Promise<AuditReading> {
    await source.check(input, ctx);
    await ctx.connection.mark('shutdown', signal);
    await issueSecretId(vault.root, 'orders-mcp');
    await inside?.();
    await ctx.connection.mark('rollback', signal);
    await issueSecretId(vault.root, 'orders-mcp');
    const notes = await source.note(input, identities, ctx);
    await ctx.connection.end(signal);
    await afterwards?.();
    return source.read(input, windowOf(notes), ctx);
  }
  /** The operator of the lab may not ask for hashes of the second device. */
  const asRoot = async (): Promise<void> => {
    ctx = await vault.open({token: vault.lab.rootToken()});
    await ctx.connection.begin({maxDurationMs: 60_000}, signal);
  };
  const file = () => auditFile.input.parse({path: log});
  const both = () => auditFile.input.parse({path: log, also: [{path: raw, device: 'raw'}]});
  const changes = ({events}: AuditReading) =>
    events
      .filter(({effect}) => effect === 'change')
      .map(({phase, path: changed, actor}) => [phase, changed, actor.kind]);
  const twoChanges = [
    ['shutdown', secretId, 'somebody'],
    ['rollback', secretId, 'somebody'],
  ];
  const expectComplete = (reading: AuditReading): void => {
    expect(reading.gaps).toEqual([]);
    expect(reading.completeTo).toMatch(/^\d{4}-/);
    expect(changes(reading)).toEqual(twoChanges);
  };

  /** As logrotate does it: another name, and a signal at which the server opens the file anew. */
  async function rotate(to: string): Promise<void> {
    await rename(log, to);
    const {processes, containers} = JSON.parse(await readFile(path.join(vault.lab.data, 'state.json'), 'utf8'));
    if (processes.openbao === undefined)
      await promisify(execFile)('docker', ['kill', '--signal', 'HUP', containers.openbao]);
    else process.kill(processes.openbao.pid, 'SIGHUP');
    await eventually(() => stat(log));
  }
  async function compress(rotated: string): Promise<void> {
    await writeFile(`${rotated}.gz`, gzipSync(await readFile(rotated)));
    await rm(rotated);
  }
  const losing = async (from: string, lost: (line: string) => boolean): Promise<void> => {
    const start = ctx.connection.auditStarts.get(`the audit log \`${from}\``);
    if (start === undefined || !('offset' in start)) throw new Error(`The window has no place in ${from}`);
    const before = (await readFile(from)).subarray(0, start.offset).toString();
    const lines = (await readFile(from)).subarray(start.offset).toString().split('\n');
    const kept = lines.filter((line) => !lost(line));
    expect(kept.length).toBeLessThan(lines.length);
    await truncate(from, 0);
    await writeFile(from, before + kept.join('\n'));
  };

  it('is complete where the file is rotated in the middle', async () => {
    expectComplete(await window(auditFile, file(), {inside: () => rotate(`${log}.1`)}));
  });

  it('is complete where what was rotated is compressed', async () => {
    const inside = () => rotate(`${log}-20261129`);

    expectComplete(await window(auditFile, file(), {inside, afterwards: () => compress(`${log}-20261129`)}));
  });

  it('is complete where the file is rotated twice, and again at the end', async () => {
    const inside = async (): Promise<void> => {
      await rotate(`${log}.1`);
      await ctx.connection.control(signal);
      await rename(`${log}.1`, `${log}.2`);
      await rotate(`${log}.1`);
    };
    const afterwards = async (): Promise<void> => {
      await compress(`${log}.2`);
      await rename(`${log}.1`, `${log}.3`);
      await rotate(`${log}.1`);
    };

    expectComplete(await window(auditFile, file(), {inside, afterwards}));
  });

  it('is not complete where a rotated part is gone', async () => {
    const begun = await window(auditFile, file(), {
      inside: () => rotate(`${log}.1`),
      afterwards: () => rm(`${log}.1`),
    });

    expect(begun.completeTo).toBeUndefined();
    expect(begun.gaps).toContain('the log was replaced during the run');
  });

  it('is not complete where a part in the middle is gone', async () => {
    const reading = await window(auditFile, file(), {
      inside: async () => {
        await rotate(`${log}.1`);
        await ctx.connection.control(signal);
        await issueSecretId(vault.root, 'orders-mcp');
        await rotate(`${log}.2`);
      },
      afterwards: () => rm(`${log}.2`),
    });

    expect(reading.gaps).toEqual([expect.stringMatching(/^\d+ answers to the run's own calls are missing$/)]);
  });

  it('is not complete where a rotated part can not be unpacked', async () => {
    const reading = await window(auditFile, file(), {
      inside: () => rotate(`${log}.1`),
      afterwards: async () => {
        const packed = gzipSync(await readFile(`${log}.1`));
        await writeFile(`${log}.1.gz`, packed.subarray(0, packed.length - 200));
        await rm(`${log}.1`);
      },
    });

    expect(reading.gaps.join()).toMatch(/a rotated part of the log can't be read \(audit\.log\.1\.gz\)|replaced/);
  });

  it('is not complete where the file was copied and cut', async () => {
    const reading = await window(auditFile, file(), {
      inside: async () => {
        await copyFile(log, `${log}.1`);
        await truncate(log, 0);
      },
    });

    expect(reading.gaps).toContain('the log was cut during the run');
  });

  it('is not complete where the copy of a file that was cut is compressed', async () => {
    const reading = await window(auditFile, file(), {
      inside: async () => {
        await copyFile(log, `${log}.1`);
        await truncate(log, 0);
        await compress(`${log}.1`);
      },
    });

    expect(reading.gaps).toContain('the log was cut during the run');
  });

  it('is not complete where the file is gone', async () => {
    const kept = `${path.dirname(log)}/elsewhere`;

    const reading = await window(auditFile, file(), {afterwards: () => rename(log, kept)});
    await rename(kept, log);

    expect(reading.gaps).toContain('the log can no longer be read');
  });

  it('is complete from two devices of which one lost lines', async () => {
    await asRoot();
    const isLost = (line: string): boolean => line.includes(secretId) || line.includes('offdrill-rollback');

    const reading = await window(auditFile, both(), {afterwards: () => losing(log, isLost)});

    expectComplete(reading);
  });

  it('knows a workload whose login one device lost, and whose work the other', async () => {
    await asRoot();
    const reading = await window(auditFile, both(), {
      inside: async () => {
        const {token} = await vault.logIn('checkout');
        await createBaoApi(vault.address, token)('GET', 'database/creds/checkout');
      },
      afterwards: () => losing(log, (line) => line.includes('auth/approle/login')),
    });

    expect(reading.gaps).toEqual([]);
    expect(reading.events).toContainEqual(
      expect.objectContaining({path: 'database/creds/checkout', actor: {kind: 'workload', name: 'checkout'}}),
    );
  });

  it('is not complete where both lost the same line, or one is gone', async () => {
    await asRoot();
    const isLost = (line: string): boolean => line.includes('offdrill-rollback');
    const lost = await window(auditFile, both(), {
      afterwards: async () => {
        await losing(log, isLost);
        await losing(raw, isLost);
      },
    });
    await asRoot();
    const kept = `${path.dirname(raw)}/elsewhere`;
    const gone = await window(auditFile, both(), {afterwards: () => rename(raw, kept)});
    await rename(kept, raw);

    expect(lost.gaps).toContain("the run's mark of rollback was not seen");
    expect(gone.gaps).toContain('the log can no longer be read (device raw)');
  });

  it('reads what a command prints, and hands it the window', async () => {
    const script =
      'test {from} = "$OFFDRILL_AUDIT_FROM" && test {to} = "$OFFDRILL_AUDIT_TO" && date -d {from} +%s >&2 && cat "$LOG"';
    const input = auditCommand.input.parse({argv: ['sh', '-c', script], env: {LOG: log}});

    const reading = await window(auditCommand, input);

    expectComplete(reading);
    expect(auditCommand.targets?.(input)).toEqual([{kind: 'command', address: input.argv}]);
  });

  it('waits for what a command prints late', async () => {
    const late = path.join(vault.lab.data, 'late.log');
    await copyFile(log, late);
    const input = auditCommand.input.parse({
      argv: ['sh', '-c', 'cat "$LATE"; cp "$LOG" "$LATE"'],
      env: {LOG: log, LATE: late},
    });

    expectComplete(await window(auditCommand, input));
  });

  it('throws where the command fails, and is not complete where it prints less', async () => {
    const switched = path.join(vault.lab.data, 'switched.log');
    await writeFile(switched, '');
    const with_ = (script: string) =>
      auditCommand.input.parse({argv: ['sh', '-c', script], env: {LOG: log, OFF: switched}, within: '600ms'});
    const failing = window(auditCommand, with_('cat "$LOG"; test -e "$OFF"'), {afterwards: () => rm(switched)});

    await expect(failing).rejects.toMatchObject({detail: 'audit-command', message: expect.stringContaining('`sh -c`')});

    await writeFile(switched, '');
    ctx = await vault.open();
    await ctx.connection.begin({maxDurationMs: 60_000}, signal);
    const less = await window(auditCommand, with_('test ! -e "$OFF" || cat "$LOG"'), {afterwards: () => rm(switched)});

    expect(less.completeTo).toBeUndefined();
    expect(less.gaps).toContain("the run's own last event was not seen");
  });
});
