import {describe, expect, it} from 'vitest';
import {loadExplained, matchSurvivors, nameChange} from '../../scripts/mutation-survivors.ts';

const text = `
src/a.ts:
  - line: "if (a > b) return;"
    changes: ["ConditionalExpression: true", "EqualityOperator: a >= b"]
    why: Both are never equal.
src/b.ts:
  - line: "return '';"
    changes: ["StringLiteral: \\"x\\""]
    why: Nobody reads it.
`;
const of = (file: string, line: string, change: string) => ({file, line, change});

describe('scripts/mutation-survivors', () => {
  it('tells what is explained, what is not, and what is explained and does not survive', () => {
    const survivors = [
      of('src/a.ts', 'if (a > b) return;', 'ConditionalExpression: true'),
      of('src/a.ts', 'if (a > b) return;', 'ConditionalExpression: false'),
    ];

    const matched = matchSurvivors(survivors, loadExplained(text), ['src/a.ts']);

    expect(matched.explained.map(({change, why}) => `${change}, ${why}`)).toEqual([
      'ConditionalExpression: true, Both are never equal.',
    ]);
    expect(matched.unexplained).toEqual([survivors[1]]);
    expect(matched.stale.map(({change}) => change)).toEqual(['EqualityOperator: a >= b']);
  });

  it('names a change on one line', () => {
    expect(nameChange('BlockStatement', '{\n  a();\n}')).toBe('BlockStatement: { a(); }');
  });

  it('takes no explanation without a reason', () => {
    expect(() => loadExplained('src/a.ts: [{line: x, changes: [y], why: ""}]')).toThrow();
    expect(loadExplained('')).toEqual([]);
  });
});
