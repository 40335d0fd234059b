import {describe, expect, it} from 'vitest';
import {strayProxies} from '../../src/drivers/stray-proxies.ts';

const at = (...addresses: readonly string[]) => addresses.map((address) => ({kind: 'http', address}));
const names = (variables: Readonly<Record<string, string>>, ...addresses: readonly string[]): readonly string[] =>
  strayProxies(variables, at(...addresses)).map(({name}) => name);

describe('drivers/stray-proxies', () => {
  it.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'])('names %s for a plain host', (name) => {
    expect(names({[name]: 'http://proxy:3128'}, 'http://shop.staging/health')).toEqual([name]);
  });

  it.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])('names %s for a host with TLS', (name) => {
    expect(names({[name]: 'http://proxy:3128'}, 'https://shop.staging/health')).toEqual([name]);
  });

  it('names a proxy only for what it is a proxy of', () => {
    expect(names({HTTPS_PROXY: 'http://proxy:3128'}, 'http://shop.staging')).toEqual([]);
    expect(names({HTTP_PROXY: 'http://proxy:3128'}, 'https://shop.staging')).toEqual([]);
    expect(names({HTTP_PROXY: ''}, 'http://shop.staging')).toEqual([]);
  });

  it.each(['http://127.0.0.1:8080', 'http://localhost/health', 'http://[::1]:8080'])('needs none for %s', (address) => {
    expect(names({HTTP_PROXY: 'http://proxy:3128', ALL_PROXY: 'socks5://proxy'}, address)).toEqual([]);
  });

  it.each([
    ['shop.staging', true],
    ['.staging', true],
    ['*.staging', true],
    ['staging', true],
    ['*', true],
    ['other, shop.staging:8080', true],
    ['shop.staging:9090', false],
    ['hop.staging', false],
    ['shop.staging.evil', false],
    ['', false],
  ])('reads NO_PROXY %s', (exempt, isExempt) => {
    const variables = {HTTP_PROXY: 'http://proxy:3128', NO_PROXY: exempt};

    expect(names(variables, 'http://shop.staging:8080')).toEqual(isExempt ? [] : ['HTTP_PROXY']);
  });

  it.each([
    ['10.1.0.0/16', true],
    ['10.1.2.3', true],
    ['10.2.0.0/16', false],
    ['10.1.0.0/99', false],
    ['fd00::/8', false],
  ])('reads the range %s of NO_PROXY', (exempt, isExempt) => {
    expect(names({HTTP_PROXY: 'http://proxy:3128', no_proxy: exempt}, 'http://10.1.2.3')).toEqual(
      isExempt ? [] : ['HTTP_PROXY'],
    );
  });

  it('tells where the proxy is, and neither its user nor its password', () => {
    const [stray] = strayProxies({HTTP_PROXY: 'http://jane:hunter22@proxy.corp:3128'}, at('http://shop.staging'));

    expect(stray).toEqual({
      name: 'HTTP_PROXY',
      expected: 'be unset, or NO_PROXY to name shop.staging',
      found: 'a proxy at `proxy.corp:3128`',
    });
    expect(JSON.stringify(strayProxies({HTTP_PROXY: 'jane:hunter22@'}, at('http://shop.staging')))).not.toContain(
      'hunter22',
    );
  });

  it('names what would believe any server, where one has to prove who it is', () => {
    expect(names({NODE_TLS_REJECT_UNAUTHORIZED: '0'}, 'https://shop.staging')).toEqual([
      'NODE_TLS_REJECT_UNAUTHORIZED',
    ]);
    expect(names({NODE_TLS_REJECT_UNAUTHORIZED: '1'}, 'https://shop.staging')).toEqual([]);
    expect(names({NODE_TLS_REJECT_UNAUTHORIZED: '0'}, 'http://shop.staging')).toEqual([]);
  });
});
