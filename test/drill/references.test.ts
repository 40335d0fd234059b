// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like it
import {describe, expect, it} from 'vitest';
import {findMalformed, findReferences, referencesIn, soleReference} from '../../src/drill/references.ts';

describe('drill/references', () => {
  it('finds each reference with its place', () => {
    const text = 'http://${{ vars.host }}/${{capture.token.accessor}}';

    const found = findReferences(text);

    expect(found.map(({context, path}) => [context, ...path])).toEqual([
      ['vars', 'host'],
      ['capture', 'token', 'accessor'],
    ]);
    expect(found.map(({start, end}) => text.slice(start, end))).toEqual([
      '${{ vars.host }}',
      '${{capture.token.accessor}}',
    ]);
  });

  it('knows the scalar that is exactly one', () => {
    expect(soleReference('${{ vars.x }}')?.path).toEqual(['x']);
    expect(soleReference(' ${{ vars.x }}')).toBeUndefined();
    expect(soleReference('${{ vars.x }}${{ vars.y }}')).toBeUndefined();
  });

  it.each(['${{', '${{ vars }}', '${{ vars.x }', '${{ vars. x }}', '${{ other.x }}', '${{ vars.x | upper }}'])(
    'calls %j malformed',
    (text) => {
      expect(findMalformed(`a ${text}`)).toEqual([2]);
    },
  );

  it('leaves the shell its own', () => {
    expect(findMalformed('${HOME} $(id) {{ x }}')).toEqual([]);
  });

  it('looks into mappings and lists', () => {
    expect(referencesIn({a: ['${{ vars.x }}', {b: '${{ env.Y }}'}], c: 1}).map(({context}) => context)).toEqual([
      'vars',
      'env',
    ]);
  });
});
