// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like it
import {beforeAll, describe, expect, it} from 'vitest';
import type {Driver} from '../../../src/contract/driver.ts';
import type {Access, Drill} from '../../../src/drill/drill.ts';
import {lintDrill} from '../../../src/drill/lint/lint-drill.ts';
import {sampleDrivers} from '../../fixtures/drivers/sample-driver.ts';
import {flagship, loadText} from '../load-flagship.ts';

const drivers: ReadonlyMap<string, Driver> = new Map(sampleDrivers.map((driver) => [driver.name, driver]));

describe('drill/lint', () => {
  let drill: Drill;
  beforeAll(async () => {
    const loaded = await loadText(flagship);
    if (!loaded.ok) throw new Error('the flagship has mistakes');
    drill = loaded.value.drill;
  });

  const access = (): Readonly<Record<string, Access>> => drill.access;
  const only = (...names: readonly string[]) =>
    Object.fromEntries(Object.entries(access()).filter(([name]) => names.includes(name)));
  const codes = (changes: Partial<Drill>, of = drivers) =>
    lintDrill({drill: {...drill, ...changes}, drivers: of}).map((found) => [
      found.code,
      'criterion' in found ? found.criterion : 'none',
      found.path.join('.'),
    ]);
  it('has no doubt of the flagship', async () => {
    const loaded = await loadText(flagship);

    expect(codes({})).toEqual([]);
    expect(loaded.ok && loaded.value.warnings).toEqual([]);
  });

  it('doubts a drill whose accesses can only be unreachable', () => {
    const {tool} = access();

    expect(codes({access: only('tool')})).toContainEqual(['only-unreachable', 'access-removed', 'access']);
    expect(tool?.expect).toContain('unreachable');
    expect(codes({access: only('tool', 'holdings', 'token', 'db-held-session')})).toEqual([]);
  });

  it('doubts a drill that captures nothing that was taken', () => {
    const minted = Object.fromEntries(
      Object.entries(drill.capture).filter(([, {uses}]) => /login|credential/.test(uses)),
    );

    expect(codes({capture: minted})).toEqual([['no-taken-capture', 'access-removed', 'capture']]);
    expect(codes({capture: {}})).toContainEqual(['no-taken-capture', 'access-removed', 'access']);
  });

  it('doubts a drill that asks about nothing taken', () => {
    const holdings = only('holdings');
    const others = only('tool', 'token', 'login-again', 'db-new-login', 'db-held-session');

    expect(codes({access: others})).toEqual([['no-taken-capture', 'access-removed', 'capture.holdings']]);
    expect(codes({access: {...others, ...holdings}})).toEqual([]);
  });

  describe('a secret that is captured', () => {
    const unused = (name: string) => ['unused-secret', 'access-removed', `capture.${name}`];
    /** The flagship without the access that asks with the token, and with this one instead. */
    const askedBy = (changes: Partial<Access>) => {
      const {token, ...others} = access();
      if (token === undefined) throw new Error('no token');
      return codes({access: {...others, other: {...token, ...changes}}});
    };

    it('is doubted where no access asks with it, though another capture does', () => {
      const {token: _token, ...others} = access();

      expect(codes({access: others})).toEqual([unused('token')]);
      expect(codes({access: only('tool', 'token', 'holdings', 'backends')})).toEqual([unused('db-user')]);
    });

    it('is not asked with by a reference to another field of its capture', () => {
      const by = (field: string) =>
        askedBy({uses: 'http/ping', with: {url: `https://a.b/\${{ capture.token.${field} }}`}});

      expect(by('accessor')).toEqual([unused('token')]);
      expect(by('token')).toEqual([]);
    });

    it('is not asked with where its capture is handed over whole to an input that keeps other fields', () => {
      const whole = '${{ capture.token }}';

      expect(askedBy({uses: 'vault/holdings-alive', with: {holdings: whole}})).toEqual([unused('token')]);
      expect(askedBy({uses: 'vault/token', with: {token: whole}})).toEqual([]);
      expect(askedBy({uses: 'mcp/call-tool', on: 'orders-mcp', with: {tool: 'a', arguments: {of: whole}}})).toEqual([]);
    });

    it('is not refused where a server that is stopped would count as well', () => {
      expect(askedBy({expect: ['denied', 'unreachable']})).toEqual([unused('token')]);
      expect(askedBy({})).toEqual([]);
    });

    it('says which reference is missing', () => {
      const {token: _token, 'db-new-login': _new, 'db-held-session': _held, ...others} = access();

      const messages = lintDrill({drill: {...drill, access: others}, drivers}).map(({message}) => message);

      expect(messages).toEqual([
        '`token` holds a secret with which no access asks: whoever has read it keeps it, and whether what it opens is closed is not seen. Add an access that presents `${{ capture.token.token }}` where it is used, and expects it to be `denied`.',
        expect.stringContaining('presents `${{ capture.db-user.password }}` where it is used'),
      ]);
    });
  });

  it('doubts a drill that watches no dependent', () => {
    expect(codes({dependents: {}})).toEqual([['no-dependent', 'dependents-unharmed', 'shutdown']]);
  });

  it('doubts a denial that no connection can back', () => {
    const {token} = access();
    if (token === undefined) throw new Error('no token');
    const {on: _on, ...alone} = token;

    expect(codes({access: {...access(), alone}})).toEqual([['no-control', 'access-removed', 'access.alone']]);
    expect(codes({access: {...access(), alone: {...alone, expect: ['unreachable']}}})).toEqual([]);
  });

  it('believes a refusal that proves itself', () => {
    const {token} = access();
    const http = drivers.get('http');
    const get = http?.probes.get;
    if (token === undefined || http === undefined || get === undefined) throw new Error('no HTTP driver');
    const {on: _on, ...alone} = {...token, uses: 'http/get', with: {url: 'https://orders.example'}};
    const proving = new Map([...drivers, ['http', {...http, probes: {get: {...get, provesItself: true}}}] as const]);

    expect(codes({access: {...access(), alone}}, drivers)).toEqual([['no-control', 'access-removed', 'access.alone']]);
    expect(codes({access: {...access(), alone}}, proving)).toEqual([]);
  });

  it('doubts that new logins tell of the sessions of a changed system', () => {
    const without = Object.fromEntries(
      Object.entries(access()).filter(([name]) => name !== 'db-held-session' && name !== 'backends'),
    );
    const {backends} = access();

    expect(codes({access: without})).toEqual([['no-held-session', 'access-removed', 'connections.shop']]);
    expect(codes({access: {...without, ...(backends === undefined ? {} : {backends})}})).toEqual([]);
    expect(codes({access: without, shutdown: drill.shutdown.filter(({on}) => on !== 'shop')})).toEqual([]);
  });

  it('warns at the place, and keeps the doubt in the drill', async () => {
    const text = flagship.replace(/^dependents:\n(?: {2}.*\n)+/m, '');

    const loaded = await loadText(text);

    if (!loaded.ok) throw new Error('the drill has mistakes');
    const line = text.split('\n').findIndex((one) => one.startsWith('shutdown:')) + 1;
    expect(loaded.value.warnings).toMatchObject([{severity: 'warning', code: 'no-dependent', line, column: 1}]);
    expect(loaded.value.drill.doubts).toEqual([
      {
        code: 'no-dependent',
        criterion: 'dependents-unharmed',
        message: expect.stringMatching(/^No dependent is watched: /),
      },
    ]);
  });
});
