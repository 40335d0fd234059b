import {describe, expect, it} from 'vitest';
import type {Diagnostic} from '../../src/contract/diagnostic.ts';
import {renderDiagnostics} from '../../src/drill/render-diagnostics.ts';

const source = 'version: 1\nname: x\ntitel: y\nowner: z\n';

function diagnostic(changes: Partial<Diagnostic> = {}): Diagnostic {
  return {
    severity: 'error',
    code: 'unknown-key',
    message: 'Unknown key `titel`.',
    file: 'drill.yaml',
    line: 3,
    column: 1,
    length: 5,
    path: 'titel',
    suggestion: 'title',
    ...changes,
  };
}

describe('drill/render-diagnostics', () => {
  it('shows place, frame, hint and code', () => {
    expect(renderDiagnostics([diagnostic()], source, {color: false})).toBe(
      [
        'drill.yaml:3:1 - error: Unknown key `titel`. Did you mean `title`? [unknown-key]',
        '  2 | name: x',
        '> 3 | titel: y',
        '    | ^^^^^',
        '  4 | owner: z',
        '',
        '1 error',
        '',
      ].join('\n'),
    );
  });

  it('colours only where it is told to', () => {
    const plain = renderDiagnostics([diagnostic()], source, {color: false});
    const coloured = renderDiagnostics([diagnostic()], source, {color: true});

    expect(plain).not.toContain('\u001b[');
    expect(coloured).toContain('\u001b[31m^^^^^');
  });

  it('counts errors and warnings apart', () => {
    const page = renderDiagnostics([diagnostic(), diagnostic(), diagnostic({severity: 'warning'})], source, {
      color: false,
    });

    expect(page.trimEnd().split('\n').at(-1)).toBe('2 errors, 1 warning');
  });

  it('lets no character of the file drive the terminal', () => {
    const page = renderDiagnostics([diagnostic({line: 1, message: 'x\u001b[2J'})], 'a\u001b[2Jb\n', {color: false});

    expect(page).not.toContain('\u001b');
  });

  it('marks the right characters after a tab and in a long line', () => {
    const text = `\t${'x'.repeat(400)}HERE${'y'.repeat(400)}`;

    const lines = renderDiagnostics([diagnostic({line: 1, column: 402, length: 4})], text, {color: false}).split('\n');

    const at = lines[2]?.indexOf('^') ?? 0;
    expect(lines[1]?.slice(at, at + 4)).toBe('HERE');
    expect(lines[2]?.trim()).toMatch(/^\| +\^{4}$/);
    expect(lines[1]?.length).toBeLessThan(140);
  });

  it('shows no frame around a secret', () => {
    const page = renderDiagnostics([diagnostic({code: 'literal-secret', line: 1})], 'password: hunter2\n', {
      color: false,
    });

    expect(page).not.toContain('hunter2');
  });

  it('needs no source for a file that could not be read', () => {
    expect(renderDiagnostics([diagnostic({line: 9})], '', {color: false})).toContain('drill.yaml:9:1');
  });
});
