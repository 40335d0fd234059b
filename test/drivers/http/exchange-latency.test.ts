import {EventEmitter} from 'node:events';
import http from 'node:http';
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {timeExchange} from '../../../src/drivers/exchange-latency.ts';

/** What a request emits, and what a real network takes for it, stand in here: no real one takes a known time. */
describe('drivers/exchange-latency', () => {
  beforeEach(() => void vi.useFakeTimers({toFake: ['performance']}));
  afterEach(() => void vi.useRealTimers());

  it('tells each part from the one before', () => {
    const {emit, latency} = start();

    emit('lookup', 1);
    emit('connect', 2);
    emit('secureConnect', 4);
    emit('response', 8);
    vi.advanceTimersByTime(16);

    expect(latency()).toEqual({dnsMs: 1, connectMs: 2, tlsMs: 4, firstByteMs: 8, totalMs: 31});
  });

  it('leaves out what there was not', () => {
    const {emit, latency} = start();

    emit('connect', 2);
    emit('response', 8);

    expect(latency()).toEqual({connectMs: 2, firstByteMs: 8, totalMs: 10});
  });

  it('counts in tenths of a millisecond', () => {
    const {latency} = start();

    vi.advanceTimersByTime(0.26);

    expect(latency()).toEqual({totalMs: 0.3});
  });
});

function start() {
  const request = Object.assign(Object.create(http.ClientRequest.prototype), new EventEmitter());
  const socket = new EventEmitter();
  const latency = timeExchange(request);
  request.emit('socket', socket);
  const emit = (event: string, afterMs: number): void => {
    vi.advanceTimersByTime(afterMs);
    (event === 'response' ? request : socket).emit(event);
  };
  return {emit, latency};
}
