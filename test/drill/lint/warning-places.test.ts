// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like it
import {readdirSync, readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {catalog} from '../../../src/api/catalog.ts';
import {type LoadedDrill, loadDrill} from '../../../src/drill/load-drill.ts';

const folder = new URL('../../../drills/', import.meta.url);
const flagship = readFileSync(new URL('orders-mcp.yaml', folder), 'utf8');
const onAws = readFileSync(new URL('billing-mcp-aws.yaml', folder), 'utf8');

/** With the real drivers, whose probes say themselves what they prove. */
async function load(text: string): Promise<LoadedDrill> {
  const loaded = await loadDrill({file: 'drill.yaml', bytes: new TextEncoder().encode(text)}, {catalog});
  if (loaded.ok) return loaded.value;
  throw new Error(loaded.error.map(({line, message}) => `${line}: ${message}`).join('\n'));
}

/** Leaves out the lines of the flagship that begin so. */
function leaveOut(...beginnings: readonly string[]): string {
  return leaveOutOf(flagship, ...beginnings);
}

/** Throws where there is no such line, so that no test asserts nothing. */
function leaveOutOf(drill: string, ...beginnings: readonly string[]): string {
  const lines = drill.split('\n');
  for (const beginning of beginnings) {
    if (!lines.some((line) => line.startsWith(beginning))) throw new Error(`The drill has no line ${beginning}`);
  }
  return lines.filter((line) => !beginnings.some((beginning) => line.startsWith(beginning))).join('\n');
}

function swap(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`The drill does not hold ${from}`);
  return text.replace(from, () => to);
}

function placesOf({warnings}: LoadedDrill, text: string): readonly string[] {
  const lines = text.split('\n');
  return warnings.map(({code, line, column, length}) => {
    const at = (lines[line - 1] ?? '').slice(column - 1, column - 1 + length);
    return `${code} at ${at}`;
  });
}

describe('drill/lint places', () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))('has no doubt of %s', async (name) => {
    const {warnings} = await load(readFileSync(new URL(name, folder), 'utf8'));

    expect(warnings).toEqual([]);
  });

  it('points at the connection whose sessions nobody sees', async () => {
    const text = leaveOut('  backends:', '  db-held-session:');

    expect(placesOf(await load(text), text)).toEqual(['no-held-session at shop']);
  });

  it('points at the captures when all are minted', async () => {
    const text = leaveOut('  backends:', '  holdings:');

    expect(placesOf(await load(text), text)).toEqual(['no-taken-capture at capture']);
  });

  it('points at the accesses when none asks with a credential', async () => {
    const accesses = ['  token:', '  db-user:', '  login-again:', '  db-new-login:', '  db-held-session:'];
    const anonymous = swap(
      leaveOut(...accesses, '  holdings:', '  backends:'),
      '[{vault: {approle: orders-mcp}}]',
      '[]',
    );
    const text = swap(anonymous, 'capture:\n', '');

    const places = placesOf(await load(text), text);

    expect(places).toContain('only-unreachable at access');
    expect(places).toContain('no-taken-capture at access');
  });

  it('points at the secret of AWS that can not be read any more, and may be good still', async () => {
    const text = leaveOutOf(onAws, '  api-key:         {uses: http/get');

    expect(text).toContain('${{ capture.api-key.versionIds }}');
    expect(placesOf(await load(text), text)).toEqual(['unused-secret at api-key']);
  });

  it('points at the secret of Vault of which only the versions are asked for', async () => {
    const kv =
      '  kv: {uses: vault/kv-secret, on: vault, with: {mount: secret, path: orders, field: key, token: "${{ capture.token.token }}"}}\n';
    const versions =
      '  versions: {uses: vault/kv-versions, on: vault, with: {mount: secret, path: orders, versions: "${{ capture.kv.versions }}"}, denied-within: 10s}\n';
    const value =
      '  value: {uses: http/get, with: {url: "${{ vars.checkout }}", headers: {authorization: "Bearer ${{ capture.kv.value }}"}}, denied-within: 10s}\n';
    const text = swap(swap(flagship, 'capture:\n', `capture:\n${kv}`), 'access:\n', `access:\n${versions}`);
    const asked = swap(text, 'access:\n', `access:\n${value}`);

    expect(placesOf(await load(text), text)).toEqual(['unused-secret at kv']);
    expect(placesOf(await load(asked), asked)).toEqual([]);
  });

  it('takes a refusal over HTTP for its own control', async () => {
    const get =
      '  page: {uses: http/get, with: {url: "https://orders.example"}, expect: [denied], denied-within: 10s}\n';
    const text = swap(flagship, 'access:\n', `access:\n${get}`);

    expect(placesOf(await load(text), text)).toEqual([]);
  });
});
