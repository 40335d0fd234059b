import {describe, expect, it} from 'vitest';
import type {AuditEvent} from '../../../src/contract/operation.ts';
import {answers, FakeSystem, hangs} from '../../fixtures/drivers/fake-system.ts';
import {fakeDrill, reference} from '../fake-drill.ts';
import {type FakeRunOptions, runFakeDrill} from '../run-fake-drill.ts';

const event: AuditEvent = {
  time: '2026-01-01T00:00:00.000Z',
  operation: 'update',
  path: 'credentials/tried',
  actor: {kind: 'somebody'},
  effect: 'refused',
  phase: 'settle',
};

describe('run/phases/audit', () => {
  it('releases, notes, ends and reads in this order', async () => {
    const system = new FakeSystem();
    const sibling = {uses: 'fake/mint', on: 'fake', with: {secret: reference('capture.holdings.secret')}};

    const {all} = await runFakeDrill(system, {drill: {capture: {...fakeDrill().capture, sibling}}});

    const order = system.calls.slice(system.calls.indexOf('mark audit')).filter((call) => !call.startsWith('observe'));
    expect(order).toEqual([
      'mark audit',
      'close held',
      'close held',
      'release mint',
      'release mint',
      'note audit',
      'end',
      'read audit',
      'close',
    ]);
    expect(system.released).toEqual(['generation-2-secret', 'generation-1-secret']);
    expect(all('connection.ended')).toEqual([{connection: 'fake'}]);
  });

  it.each(['mark audit', 'note audit', 'end'])('gives a %s up that never comes back', async (place) => {
    const system = new FakeSystem();
    system.script(place, hangs());

    const {result} = await runFakeDrill(system, {maxDurationMs: 4000});

    expect(result).toMatchObject({status: 'interrupted', exitCode: 143});
  });

  it('asks no probe once it begins', async () => {
    const system = new FakeSystem();

    await runFakeDrill(system);

    const afterEnd = system.calls.slice(system.calls.indexOf('note audit'));
    expect(afterEnd.filter((call) => call.startsWith('observe'))).toEqual([]);
  });

  it('keeps what matters of too many events', async () => {
    const system = new FakeSystem();
    const many = Array.from({length: 1500}, () => event);
    const change: AuditEvent = {...event, effect: 'change', path: 'credentials/by-hand'};
    const completeTo = '2026-01-01T00:00:01.000Z';
    const knownBy = 'its user';
    system.script('read audit', answers({events: [...many, change], completeTo, gaps: [], entries: 1501, knownBy}));

    const {all, result} = await runFakeDrill(system);

    const [reading] = all('audit.read');
    expect(reading?.events).toHaveLength(1000);
    expect(reading?.gaps).toEqual(['501 more events were not kept']);
    expect(reading?.knownBy).toBe('its user');
    expect(result.manualRecovery).toMatchObject({state: 'detected', events: [{path: 'credentials/by-hand'}]});
  });

  it('is whole where only what others did elsewhere was too much', async () => {
    const system = new FakeSystem();
    const elsewhere: AuditEvent = {...event, effect: 'change', path: 'elsewhere'};
    const use: AuditEvent = {...event, effect: 'use', path: 'elsewhere', actor: {kind: 'integration', name: 'fake'}};
    const events = [...Array.from({length: 1500}, () => elsewhere), event, use];
    system.script(
      'read audit',
      answers({events, completeTo: event.time, gaps: [], entries: 1502, knownBy: 'its user'}),
    );

    const {all} = await runFakeDrill(system);

    const [reading] = all('audit.read');
    expect(reading?.events).toHaveLength(1000);
    expect(reading?.events.slice(0, 2)).toEqual([event, use]);
    expect(reading?.gaps).toEqual([]);
  });

  it('keeps nothing of what others read or were refused out of scope', async () => {
    const system = new FakeSystem();
    const effects = ['read', 'refused', 'change', 'use'] as const;
    const events = effects.flatMap((effect) =>
      ['credentials/x', 'elsewhere'].map((path) => ({...event, effect, path})),
    );
    system.script('read audit', answers({events, completeTo: undefined, gaps: [], entries: 8, knownBy: 'its user'}));

    const {all} = await runFakeDrill(system);

    expect(all('audit.read')[0]?.events.map(({effect, path}) => `${effect} ${path}`)).toEqual([
      'change credentials/x',
      'read credentials/x',
      'refused credentials/x',
      'use credentials/x',
      'change elsewhere',
      'use elsewhere',
    ]);
  });

  describe('of a record that comes in late', () => {
    const late = {
      audit: {fake: {kind: 'source', call: {uses: 'fake/late-log', on: 'fake', with: {}}, scope: []}},
    } as const;
    const minute = 60_000;

    it('waits for it as long as it is told, past --max-duration, and says until when', async () => {
      const system = new FakeSystem();
      system.lateMs = 15 * minute;

      const {all, result} = await runFakeDrill(system, {drill: late, waitForAuditMs: 20 * minute});

      const [awaited] = all('audit.awaited');
      expect(Number(awaited?.until) - Number(awaited?.at)).toBeCloseTo(20 * minute, -1);
      expect(all('audit.noted')).toEqual([{system: 'fake', notes: {accessor: 'run-accessor'}}]);
      expect(all('audit.read')).toMatchObject([{gaps: [], completeTo: expect.any(String)}]);
      expect(result).toMatchObject({status: 'completed', verdict: 'pass'});
      expect(Date.parse(result.finishedAt) - Date.parse(result.startedAt)).toBeGreaterThan(15 * minute);
    });

    it('is read as it is where nobody waits for it', async () => {
      const system = new FakeSystem();
      system.lateMs = minute;

      const {all, result} = await runFakeDrill(system, {drill: late});

      expect(all('audit.awaited')).toEqual([]);
      expect(result.verdict).toBe('inconclusive');
      expect(result.criteria['no-manual-recovery'].reasons).toEqual([
        'The audit record of `fake` is not complete: it has not come in.',
      ]);
    });

    it('is waited for no longer once a person wants to stop, which interrupts no run: all is back', async () => {
      const system = new FakeSystem();
      system.lateMs = 15 * minute;
      const onEvent: NonNullable<FakeRunOptions['onEvent']> = ({type}, interruption) => {
        if (type === 'audit.awaited') interruption.interrupt('SIGINT');
      };

      const {all, result} = await runFakeDrill(system, {drill: late, waitForAuditMs: 20 * minute, onEvent});

      expect(all('audit.read')).toMatchObject([{gaps: ['it has not come in']}]);
      expect(all('rollback.started')).toHaveLength(2);
      expect(result).toMatchObject({status: 'completed', exitCode: 3});
      expect(all('interruption')).toEqual([]);
    });

    it('gives a source up that has not come to an end as long after what it waits for as a run may take', async () => {
      const system = new FakeSystem();
      system.lateMs = 15 * minute;
      system.script('read late', hangs());

      const {all, result} = await runFakeDrill(system, {drill: late, waitForAuditMs: 20 * minute});

      expect(all('audit.failed')).toEqual([
        {
          system: 'fake',
          code: 'error',
          message: expect.stringMatching(/^Expected the record to be read within 20s, beside what was waited for/),
        },
      ]);
      expect(all('interruption')).toEqual([]);
      expect(result).toMatchObject({status: 'completed', exitCode: 3});
    });
  });
});
