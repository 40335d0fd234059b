import {readdirSync} from 'node:fs';
import {access, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {planDrill} from '../../src/api/read-drill.ts';

const project = new URL('../../', import.meta.url).pathname;
const vars = {
  vault: 'http://127.0.0.1:18200',
  postgres: '127.0.0.1:18201',
  'orders-mcp': 'http://127.0.0.1:18202/mcp',
  checkout: 'http://127.0.0.1:18203',
  assistant: 'http://127.0.0.1:18204',
  aws: 'http://127.0.0.1:18205',
  'billing-api': 'http://127.0.0.1:18206',
  'billing-mcp': 'http://127.0.0.1:18207/mcp',
  reporting: 'http://127.0.0.1:18208',
};

describe('documents', () => {
  it.each(readdirSync(path.join(project, 'drills')))('plans drills/%s without a word', async (name) => {
    const planned = await planDrill({file: path.join(project, 'drills', name), vars, env: {}});

    expect(planned.ok ? planned.value.warnings.diagnostics : planned.error.diagnostics).toEqual([]);
  });

  it('plans the drill of the README', async () => {
    const readme = await readFile(path.join(project, 'README.md'), 'utf8');
    const text = /```yaml\n(version: 1\n.*?)```/s.exec(readme)?.[1] ?? '';

    const folder = await mkdtemp(path.join(tmpdir(), 'offdrill-readme-'));
    const file = path.join(folder, 'drill.yaml');
    await writeFile(file, text);

    const planned = await planDrill({file, vars, env: {}});
    await rm(folder, {recursive: true});

    expect(planned.ok ? planned.value.warnings.diagnostics : planned.error.diagnostics).toEqual([]);
  });

  it('leads nowhere that is not there', async () => {
    const pages = [
      'README.md',
      'CONTRIBUTING.md',
      ...(await readdir(path.join(project, 'docs'))).map((name) => `docs/${name}`),
    ];
    const dead: string[] = [];
    for (const page of pages.filter((name) => name.endsWith('.md'))) {
      const text = await readFile(path.join(project, page), 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
        const file = path.resolve(project, path.dirname(page), target);
        await access(file).catch(() => dead.push(`${page}: ${target}`));
      }
    }

    expect(dead).toEqual([]);
  });
});
