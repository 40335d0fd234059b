import {describe, expect, it} from 'vitest';
import type {NeededRight} from '../../../src/contract/driver.ts';
import {policyLanguage} from '../../../src/drivers/vault/policy-language.ts';

describe('drivers/vault/policy-language', () => {
  it('merges needs of the same path', () => {
    const rights = complete(
      {path: 'a/b', capabilities: ['update'], neededBy: ['step one']},
      {path: 'a/b', capabilities: ['read'], neededBy: ['step two', 'step one']},
    );

    expect(rights.get('a/b')).toEqual({
      path: 'a/b',
      capabilities: ['read', 'update'],
      neededBy: ['step one', 'step two'],
    });
  });

  it('gives a narrow rule what a wider one gives, since the narrowest alone counts', () => {
    const rights = complete(
      {path: 'identity/entity/id/*', capabilities: ['update'], neededBy: ['step one']},
      {path: 'identity/entity/id/e-1', capabilities: ['read'], neededBy: ['step two']},
      {path: 'identity/entity/ids', capabilities: ['read'], neededBy: ['step two']},
    );

    expect(rights.get('identity/entity/id/e-1')?.capabilities).toEqual(['read', 'update']);
    expect(rights.get('identity/entity/ids')?.capabilities).toEqual(['read']);
    expect(rights.get('identity/entity/id/*')?.capabilities).toEqual(['update']);
  });

  it('takes any one segment for a value that is captured', () => {
    const entity = encodeURIComponent(`\${{ capture.holdings.entity }}`);

    const rights = complete(
      {path: `identity/entity/id/${entity}`, capabilities: ['read'], neededBy: ['step one']},
      {path: 'identity/entity/name/ada%20b', capabilities: ['read'], neededBy: ['step one']},
    );

    expect(rights.has('identity/entity/id/+')).toBe(true);
    expect(rights.has('identity/entity/name/ada b')).toBe(true);
  });

  it('lets an entity be disabled and nothing else', () => {
    const [right] = [
      ...complete({path: 'identity/entity/id/*', capabilities: ['update'], neededBy: ['x']}).values(),
    ].filter(({path}) => path.startsWith('identity/'));

    expect(policyLanguage.render(right === undefined ? [] : [right], {})).toBe(
      '# x\npath "identity/entity/id/*" {\n  capabilities       = ["update"]\n  allowed_parameters = { "disabled" = [] }\n}\n',
    );
  });

  it('needs no unlocking where nothing logs in', () => {
    const rights = complete({path: 'auth/token/lookup-accessor', capabilities: ['update'], neededBy: ['x']});

    expect([...rights.keys()].filter((path) => path.includes('locked-users'))).toEqual([]);
  });

  it('asks for no hashes in a namespace, where none are told', () => {
    const need = {path: 'sys/audit-hash/main', capabilities: ['update'], neededBy: ['audit of vault']};
    const pathsIn = (input: object) => policyLanguage.complete([need], input).map(({path}) => path);

    expect(pathsIn({})).toContain('sys/audit-hash/main');
    expect(pathsIn({namespace: 'team'})).not.toContain('sys/audit-hash/main');
  });

  it('says what is lost without a right that a run can do without', () => {
    const login = {path: 'auth/approle/role/a/role-id', capabilities: ['read'], neededBy: ['access login']};

    const alone = complete(login);
    const needed = complete(login, {path: 'sys/locked-users', capabilities: ['read'], neededBy: ['rollback of x']});

    expect(alone.get('sys/locked-users')?.without).toContain('stays locked');
    expect(needed.get('sys/locked-users')?.without).toBeUndefined();
  });
});

function complete(...needs: readonly NeededRight[]): ReadonlyMap<string, NeededRight> {
  return new Map(policyLanguage.complete(needs, {}).map((right) => [right.path, right]));
}
