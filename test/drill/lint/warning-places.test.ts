import {readdirSync, readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {catalog} from '../../../src/api/catalog.ts';
import {type LoadedDrill, loadDrill} from '../../../src/drill/load-drill.ts';

const folder = new URL('../../../drills/', import.meta.url);
const flagship = readFileSync(new URL('orders-mcp.yaml', folder), 'utf8');

/** With the real drivers, whose probes say themselves what they prove. */
async function load(text: string): Promise<LoadedDrill> {
  const loaded = await loadDrill({file: 'drill.yaml', bytes: new TextEncoder().encode(text)}, {catalog});
  if (loaded.ok) return loaded.value;
  throw new Error(loaded.error.map(({line, message}) => `${line}: ${message}`).join('\n'));
}

/** Leaves out the lines of the flagship that begin so. Throws where there is none, so that no test asserts nothing. */
function leaveOut(...beginnings: readonly string[]): string {
  const lines = flagship.split('\n');
  for (const beginning of beginnings) {
    if (!lines.some((line) => line.startsWith(beginning))) throw new Error(`The flagship has no line ${beginning}`);
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

  it('takes a refusal over HTTP for its own control', async () => {
    const get =
      '  page: {uses: http/get, with: {url: "https://orders.example"}, expect: [denied], denied-within: 10s}\n';
    const text = swap(flagship, 'access:\n', `access:\n${get}`);

    expect(placesOf(await load(text), text)).toEqual([]);
  });
});
