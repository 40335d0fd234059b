import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type DrillLab, type DrillRun, startDrillLab} from '../helpers/drill-lab.ts';
import {type LeastRun, runWithLeastPolicy} from './least-policy.ts';

describe('drills with a static database user', () => {
  let drillLab: DrillLab;
  let rotated: LeastRun;
  let complete: LeastRun;
  let wholeBetween: readonly string[];
  beforeAll(async () => {
    drillLab = await startDrillLab({variant: 'static'});
    rotated = await runWithLeastPolicy(drillLab, 'orders-mcp-static.yaml');
    wholeBetween = await drillLab.lab.check();
    complete = await runWithLeastPolicy(drillLab, 'orders-mcp-static-complete.yaml');
  });
  afterAll(() => drillLab?.down());

  const surfaces = ({result}: DrillRun) =>
    Object.entries(result?.access ?? {}).map(([name, {surface}]) => [name, surface]);

  it('fails where the password alone is rotated: the busy pool goes on', () => {
    const survives = (name: string, what: string) =>
      expect.stringMatching(new RegExp(`^\`${name}\` survives: ${what} was still allowed`));

    expect(rotated.exitCode, rotated.stderr).toBe(1);
    expect(rotated.result?.criteria['access-removed']).toEqual({
      state: 'unmet',
      reasons: [
        survives('tool', '`mcp/call-tool`'),
        survives('db-held-session', '`postgres/query` over the session held since before shutdown'),
        survives('backends', '`postgres/sessions-alive`'),
      ],
    });
    expect(surfaces(rotated)).toEqual([
      ['tool', 'survives'],
      ['token', 'dead'],
      ['login-again', 'dead'],
      ['db-new-login', 'dead'],
      ['db-held-session', 'survives'],
      ['holdings', 'dead'],
      ['backends', 'survives'],
    ]);
  });

  it('meets every other criterion, and leaves staging whole', () => {
    const {'access-removed': _access, ...others} = rotated.result?.criteria ?? {};

    for (const [name, criterion] of Object.entries(others))
      expect(criterion, name).toEqual({state: 'met', reasons: []});
    expect(wholeBetween).toEqual([]);
  });

  it('passes in its complete form, and leaves staging whole', async () => {
    expect(complete.exitCode, complete.stderr).toBe(0);
    expect(complete.result).toMatchObject({verdict: 'pass', left: [], troubles: []});
    for (const [name, surface] of surfaces(complete)) expect(surface, name).toBe('dead');
    await expect(drillLab.lab.check()).resolves.toEqual([]);
  });

  it.each([
    ['orders-mcp-static.yaml', () => rotated],
    ['orders-mcp-static-complete.yaml', () => complete],
  ])('needs for %s exactly the rights that plan --policy prints', (_file, of) => {
    expect({refused: of().refused, unused: of().unused}).toEqual({refused: [], unused: []});
  });
});
