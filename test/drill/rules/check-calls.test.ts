import {describe, it} from 'vitest';
import {expectMistake, type Mistake} from '../expect-mistake.ts';

const mistakes: Readonly<Record<string, Mistake>> = {
  'a driver that does not exist': {
    code: 'unknown-driver',
    edits: [['uses: vault/audit-file', 'uses: «vualt/audit-file']],
    suggestion: 'vault/audit-file',
  },
  'an operation that does not exist': {
    code: 'unknown-operation',
    edits: [['uses: vault/revoke-leases', 'uses: «vault/revoke-lease']],
    says: 'No operation `vault/revoke-lease`. The vault driver has these actions: destroy-secret-ids, disable-role, enable-role, issue-secret-id, revoke-leases, revoke-tokens.',
    suggestion: 'vault/revoke-leases',
  },
  'an operation of another kind': {
    code: 'unknown-operation',
    edits: [['uses: vault/revoke-leases', 'uses: «vault/token']],
    says: 'Expected an action, got `vault/token`, which is a probe.',
  },
  'an operation that is a property of every object': {
    code: 'unknown-operation',
    edits: [['uses: vault/revoke-leases', 'uses: «vault/constructor']],
  },
  'an unknown connection': {
    code: 'unknown-connection',
    edits: [['uses: vault/revoke-leases, on: vault', 'uses: vault/revoke-leases, on: «vaultt']],
    suggestion: 'vault',
  },
  'a connection of another driver': {
    code: 'wrong-connection',
    edits: [['uses: vault/revoke-leases, on: vault', 'uses: vault/revoke-leases, on: «shop']],
    suggestion: 'vault',
  },
  'a connection where none belongs': {
    code: 'wrong-connection',
    edits: [['checkout:  {uses: http/get,', 'checkout:  {uses: http/get, «on: vault,']],
  },
  'a missing connection': {
    code: 'missing-connection',
    edits: [['uses: vault/holdings-alive, on: vault', '«uses: vault/holdings-alive']],
    suggestion: 'on: vault',
  },
};

describe('drill/rules/check-calls', () => {
  it.each(Object.entries(mistakes))('points at %s', async (_what, mistake) => {
    await expectMistake(mistake);
  });
});
