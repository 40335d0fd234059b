import {Journal} from '../../src/journal/journal.ts';

/**
 * Where this process kills itself as if from outside: `before 17`, `after 17` (entries of this process, counted from 0), or
 * `before step.inspected revoke-leases`, `after phase.started rollback`. With `throw` it is not killed: an error that nobody
 * catches is thrown from the event loop.
 */
type KillPoint = {readonly when: string; readonly what: string; readonly of: string | undefined};

/** Kills this process with SIGKILL at the named point of its journal. */
function killAt(point: string): void {
  const [when = '', what = '', of] = point.split(' ');
  const kill: KillPoint = {when, what, of};
  const append = Journal.prototype.append;
  let count = 0;
  Journal.prototype.append = function (this: Journal, event, options) {
    const isHere = matches(kill, event, count);
    count += 1;
    if (isHere && kill.when === 'before') die();
    const entry = append.call(this, event, options);
    if (isHere && kill.when === 'throw') setImmediate(throwSecret);
    else if (isHere) die();
    return entry;
  };
}

function matches({what, of}: KillPoint, {type, data}: {type: string; data: object}, count: number): boolean {
  if (/^\d+$/.test(what)) return Number(what) === count;
  const {step, phase} = data as {readonly step?: string; readonly phase?: string};
  return type === what && (of === undefined || step === of || phase === of);
}

function throwSecret(): never {
  throw new TypeError('the secret is hunter22');
}

/** Nothing runs after this: the signal is there before the call returns. */
function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable');
}

const point = process.env.OFFDRILL_TEST_KILL;
if (point !== undefined && point !== '') killAt(point);
