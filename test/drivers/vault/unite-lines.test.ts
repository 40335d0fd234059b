import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {AuditLine} from '../../../src/drivers/vault/audit-line.ts';
import {uniteLines} from '../../../src/drivers/vault/unite-lines.ts';

const line = (id: string, type: 'request' | 'response' = 'request'): AuditLine => ({
  time: '2026-01-01T00:00:00Z',
  type,
  request: {id, operation: 'read', path: 'x'},
});
const idsOf = (devices: readonly (readonly (AuditLine | undefined)[])[]): readonly (string | undefined)[] =>
  uniteLines(devices).map(([first]) => first?.request.id);

describe('drivers/vault/unite-lines', () => {
  it('puts what the first lost where the second has it', () => {
    const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((id) => line(id));

    expect(
      idsOf([
        [b, d],
        [a, b, c, d, e],
      ]),
    ).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(
      idsOf([
        [a, b, c, d, e],
        [b, d],
      ]),
    ).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(idsOf([[a], [c], [b, c]])).toEqual(['a', 'b', 'c']);
  });

  it('keeps the version of each device', () => {
    expect(uniteLines([[line('a')], [line('b'), line('a')]])).toEqual([[line('b')], [line('a'), line('a')]]);
  });

  it('tells a request from its answer', () => {
    expect(uniteLines([[line('a')], [line('a'), line('a', 'response')]])).toHaveLength(2);
  });

  it('keeps what can not be read', () => {
    expect(
      uniteLines([
        [line('a'), undefined],
        [undefined, line('a')],
      ]),
    ).toEqual([[undefined], [line('a'), line('a')], [undefined]]);
  });

  it('has every line that any device has once, in its order', () => {
    const lost = fc.array(fc.subarray(Array.from({length: 12}, (_, index) => index)), {minLength: 1, maxLength: 4});

    fc.assert(
      fc.property(lost, (devices) => {
        const ids = devices.map((kept) => kept.map(String));
        const united = idsOf(ids.map((kept) => kept.map((id) => line(id))));

        expect(new Set(united)).toEqual(new Set(ids.flat()));
        expect(united).toHaveLength(new Set(ids.flat()).size);
        for (const kept of ids.slice(0, 1)) expect(united.filter((id) => kept.includes(id ?? ''))).toEqual(kept);
      }),
      {seed: 20261129},
    );
  });
});
