import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {Actors} from '../../src/drivers/vault/audit-actors.ts';
import {AuditWindow} from '../../src/drivers/vault/audit-window.ts';
import {approleScope} from '../../src/drivers/vault/scope.ts';
import {judge} from '../../src/verdict/judge.ts';
import {change, entriesOf, replan} from '../verdict/journals.ts';
import {recordHeld, seed, tries} from './runs.ts';

const pass = entriesOf('pass');
const nonce = '0123456789ab';
const phases = ['shutdown', 'settle', 'rollback', 'restored'] as const;
const scope = approleScope({role: 'orders-mcp', mount: 'approle'});

/** What anybody may do: whether it changes something, hands something out or only reads, and whether that is in scope. */
const deeds = [
  {operation: 'update', path: 'auth/approle/role/orders-mcp/secret-id', is: 'change', inScope: true},
  {operation: 'delete', path: 'auth/approle/role/orders-mcp', is: 'change', inScope: true},
  {operation: 'create', path: 'auth/approle/role/stand-in', is: 'change', inScope: true},
  {operation: 'update', path: 'sys/policies/acl/orders-mcp', is: 'change', inScope: true},
  {operation: 'update', path: 'secret/data/somewhere', is: 'change', inScope: false},
  {operation: 'read', path: 'auth/approle/role/orders-mcp/role-id', is: 'read', inScope: true},
  {operation: 'read', path: 'auth/approle/role/orders-mcp/role-id', is: 'hand-out', inScope: true},
  {operation: 'update', path: 'auth/token/lookup-accessor', is: 'look', inScope: true},
  {operation: 'update', path: 'sys/capabilities-self', is: 'look', inScope: false},
] as const;
type Deed = (typeof deeds)[number];
type Who = 'run' | 'checkout' | 'ana' | 'ben';
type Act = {readonly who: Who; readonly deed: Deed; readonly isRefused: boolean};

const acts = fc.array(
  fc.record({
    who: fc.constantFrom<Who>('run', 'checkout', 'ana', 'ben'),
    deed: fc.constantFrom(...deeds),
    isRefused: fc.nat(4).map((dice) => dice === 0),
  }),
  {maxLength: 25},
);

describe(`the ledger of what Vault records (seed ${seed})`, {timeout: 14_400_000}, () => {
  it('names exactly what people did, however it is interleaved', () => {
    const settings = tries(300);

    fc.assert(
      fc.property(
        acts,
        fc.array(fc.nat(30), {minLength: phases.length, maxLength: phases.length}),
        fc.array(fc.nat(3), {minLength: 60, maxLength: 60}),
        (done, marks, delays) => {
          const ends = marks.map((mark) => Math.min(mark, done.length)).toSorted((a, b) => a - b);
          const phaseOf = (at: number): string => phases[ends.filter((end) => end <= at).length - 1] ?? 'preflight';

          const {manualRecovery, criteria} = judge(recordOf(done, ends, delays));

          const people = done.map((act, at) => ({...act, phase: phaseOf(at)})).filter(isSomebodyInTime);
          const inScope = people.filter(({deed}) => deed.inScope);
          const told = (kinds: readonly string[]): readonly string[] =>
            inScope.filter(({deed, isRefused}) => !isRefused && kinds.includes(deed.is)).map(tellAct);
          const refused = inScope.filter(({isRefused}) => isRefused).map(tellAct);
          const helped = told(['change', 'hand-out']);
          expect(manualRecovery.events.map(tellEvent).toSorted()).toEqual(helped.toSorted());
          expect(manualRecovery.refused.map(tellEvent).toSorted()).toEqual(refused.toSorted());
          expect(manualRecovery.witnessed.map(tellEvent).toSorted()).toEqual(told(['read']).toSorted());
          expect(criteria['no-manual-recovery'].state).toBe(helped.length === 0 ? 'met' : 'unmet');
        },
      ),
      settings,
    );
    recordHeld("the ledger of run, workload and people, interleaved: exactly people's", settings);
  });
});

function isSomebodyInTime({who, phase}: {readonly who: Who; readonly phase: string}): boolean {
  return (who === 'ana' || who === 'ben') && phase !== 'preflight';
}

/** Each act is told by its place, so that two of the same are two. */
function tellAct({who, deed, phase}: Act & {readonly phase: string}): string {
  return `${who} ${deed.operation} ${deed.path} ${phase}`;
}

function tellEvent(event: {accessor?: string | undefined; operation: string; path: string; phase: string}): string {
  return `${event.accessor} ${event.operation} ${event.path} ${event.phase}`;
}

/** The journal of a run that passed, in which Vault recorded this: each answer some lines after its request. */
function recordOf(done: readonly Act[], ends: readonly number[], delays: readonly number[]) {
  const window = new AuditWindow({
    actors: new Actors({run: {kind: 'run'}, checkout: {kind: 'workload', name: 'checkout'}}, []),
    runAccessors: ['run'],
    lastAccessors: ['run'],
    nonces: [nonce],
    namespace: '',
    marked: [...phases],
    answered: phases.length + done.filter(({who}) => who === 'run').length,
  });
  const add = (type: 'request' | 'response', id: string, more: object): void =>
    window.add(JSON.stringify({time: '2026-11-29T00:00:00Z', type, ...more, request: {id, ...Object(more).request}}));
  const waiting: {readonly at: number; readonly answer: () => void}[] = [];
  const answerUpTo = (at: number): void => {
    for (const one of waiting.splice(0)) {
      if (one.at <= at) one.answer();
      else waiting.push(one);
    }
  };
  add('response', 'mint', {
    auth: {accessor: 'operator'},
    request: {operation: 'update', path: 'auth/token/create'},
    response: {auth: {accessor: 'run'}},
  });
  for (let at = 0; at <= done.length; at++) {
    for (const [index, end] of ends.entries()) {
      if (end !== at) continue;
      // What was asked in a phase was answered in it.
      answerUpTo(Number.POSITIVE_INFINITY);
      const mark = {
        auth: {accessor: 'run'},
        request: {operation: 'read', path: `cubbyhole/offdrill-${phases[index]}-${nonce}`},
      };
      add('request', `mark-${index}`, mark);
      add('response', `mark-${index}`, mark);
    }
    const act = done[at];
    if (act === undefined) break;
    const {who, deed, isRefused} = act;
    const {operation, path, is} = deed;
    const about = {auth: {accessor: who}, request: {operation, path}};
    add('request', `act-${at}`, {...about, ...(isRefused ? {error: 'permission denied'} : {})});
    waiting.push({
      at: at + (delays[at] ?? 0),
      answer: () =>
        add('response', `act-${at}`, {
          ...about,
          ...(isRefused ? {error: 'permission denied'} : {}),
          ...(is === 'hand-out' && !isRefused ? {response: {wrap_info: {}}} : {}),
        }),
    });
    answerUpTo(at);
  }
  answerUpTo(Number.POSITIVE_INFINITY);
  const end = {auth: {accessor: 'run'}, request: {operation: 'update', path: 'auth/token/revoke-self'}};
  add('request', 'end', end);
  add('response', 'end', end);
  const reading = window.reading();
  const planned = replan(pass, (plan) => ({...plan, scope: {vault: scope}}));
  return change(
    planned,
    'audit.read',
    () => true,
    (data) =>
      ({
        ...data,
        ...reading,
        ...(reading.completeTo === undefined ? {} : {completeTo: reading.completeTo}),
      }) as typeof data,
  );
}
