import type {Driver} from '../../contract/driver.ts';
import {hostOfUrl} from '../host-of-url.ts';
import {strayProxies} from '../stray-proxies.ts';
import {callTool} from './call-tool.ts';
import {connection, endpointField} from './connection.ts';
import {discover} from './discover.ts';
import {listTools} from './list-tools.ts';
import {toolList} from './tool-list.ts';

export const mcp: Driver = {
  name: 'mcp',
  description: 'MCP servers over streamable HTTP: whether a tool can be called, in both protocol eras.',
  guard: {
    address: endpointField,
    identity: 'none',
    host: hostOfUrl,
    covers: (entry, target) => entry.kind === 'mcp' && target.kind === 'mcp' && entry.address === target.address,
  },
  connection,
  environment: (variables, {targets}) => strayProxies(variables, targets),
  actions: {},
  probes: {'call-tool': callTool, discover, 'list-tools': listTools},
  captures: {'tool-list': toolList},
  audits: {},
};
