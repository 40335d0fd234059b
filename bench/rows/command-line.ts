import {execFile} from 'node:child_process';
import {cp, mkdir, readdir, readFile, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import * as z from 'zod';
import type {Measurement} from '../measurement.ts';
import {median} from '../statistics.ts';
import {timed} from './timed.ts';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '..', '..');
/** In one round, in turn; the median of these is the round's. */
const starts = 7;
const version = '`offdrill --version`';
const validate = '`offdrill validate` of the flagship';
const packageSchema = z.object({bin: z.object({offdrill: z.string()})});

/** The built command line, started by node itself, against a script that is empty. */
export const commandLine: Measurement = {
  name: 'command-line',
  rows: [
    {name: version, unit: 'ms', goal: {kind: 'ratio', atMost: 2}},
    {name: validate, unit: 'ms', goal: {kind: 'ratio', atMost: 3}},
  ],
  async prepare({folder}) {
    const project = path.join(folder, 'project');
    await mkdir(project);
    const built = new Set(['.git', '.lab', '.offdrill', 'dist', 'node_modules']);
    for (const name of await readdir(root)) {
      if (!built.has(name)) await cp(path.join(root, name), path.join(project, name), {recursive: true});
    }
    await symlink(path.join(root, 'node_modules'), path.join(project, 'node_modules'));
    await run('npm', ['run', 'build'], {cwd: project});
    await writeFile(path.join(project, 'empty.js'), '');
    return async () => undefined;
  },
  async measure({folder}) {
    const project = path.join(folder, 'project');
    const {bin} = packageSchema.parse(JSON.parse(await readFile(path.join(project, 'package.json'), 'utf8')));
    const kinds = {
      empty: ['empty.js'],
      version: [bin.offdrill, '--version'],
      validate: [bin.offdrill, 'validate', 'drills/orders-mcp.yaml'],
    };
    const times: Record<keyof typeof kinds, number[]> = {empty: [], version: [], validate: []};
    for (let at = 0; at < starts; at++) {
      for (const kind of ['empty', 'version', 'validate'] as const) {
        times[kind].push(await timed(() => run(process.execPath, kinds[kind], {cwd: project})));
      }
    }
    const floor = median(times.empty);
    return new Map([
      [version, {value: median(times.version), floor}],
      [validate, {value: median(times.validate), floor}],
    ]);
  },
};
