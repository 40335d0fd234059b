import {execFile, execFileSync} from 'node:child_process';
import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {describe, expect, it} from 'vitest';
import * as z from 'zod';
import type {Driver} from '../../../src/contract/driver.ts';
import type {Action} from '../../../src/contract/operation.ts';
import {holdsSecret, visitSecrets} from '../../../src/contract/secret.ts';
import {knownInput} from '../../../src/plan/known-input.ts';
import {sanitizeLine} from '../../../src/util/sanitize.ts';
import {scratchFolder} from '../../helpers/scratch-folder.ts';
import {reference} from '../../run/fake-drill.ts';
import {connectionsIn, drivers, examplesIn, folderOf, operations, readReadme} from './drivers.ts';

const kebabCase = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
/** One sentence, as it stands in a list. */
const sentence = /^[A-Z][^\n]*[^.\n]\.$/;

describe.each(drivers.map((driver) => ({title: driver.name, driver})))('drivers/$title', ({driver}) => {
  it('has the name of its folder', async () => {
    expect(driver.name).toMatch(kebabCase);
    expect(path.basename(folderOf(driver))).toBe(driver.name);
    expect(await readdir(folderOf(driver))).toEqual(expect.arrayContaining(['index.ts', 'README.md']));
  });

  it('describes itself and its connection in a sentence', () => {
    expect(driver.description).toMatch(sentence);
    if (driver.connection !== undefined) expect(driver.connection.description).toMatch(sentence);
  });

  it('takes no input of a connection that it does not know', () => {
    if (driver.connection !== undefined) expect(isStrict(driver.connection.input)).toBe(true);
  });

  it('refuses an address for the guard that is none', () => {
    for (const address of ['', [], 7, null]) expect(driver.guard.address.safeParse(address).success).toBe(false);
  });

  it('shows connections in its README that it takes', async () => {
    const shown = connectionsIn(await readReadme(driver)).filter((example) => example.driver === driver.name);

    expect(shown.length > 0).toBe(driver.connection !== undefined);
    for (const {input} of shown) {
      const known = knownInput(driver.connection?.input ?? z.never(), input);
      expect(misfits(driver.connection?.input, input)).toEqual([]);
      expect(driver.connection?.targets(known)).not.toHaveLength(0);
    }
  });

  it('speaks of every operation in its README', async () => {
    const headings = (await readReadme(driver)).split('\n').filter((line) => /^#+ /.test(line));

    const missing = operations.filter(
      (operation) => operation.driver === driver && !headings.some((line) => line.includes(operation.name)),
    );

    expect(missing.map(({title}) => title)).toEqual([]);
  });

  it('loads nothing but zod until it is used', async () => {
    expect(await packagesLoadedBy(path.join(folderOf(driver), 'index.ts'))).toEqual(['zod']);
  });

  it('imports its own folder, the shared ones and nothing else of the product', async () => {
    const files = (await readdir(folderOf(driver))).filter((file) => file.endsWith('.ts'));
    const sources = await Promise.all(files.map((file) => readFile(path.join(folderOf(driver), file), 'utf8')));
    const imported = sources.flatMap((source) => [...source.matchAll(/(?:from|import\()\s*'(\.[^']*)'/g)]);

    const foreign = imported
      .map(([, specifier = '']) => specifier)
      .filter((specifier) => !/^(?:\.\/|\.\.\/[^/]+\.ts$|\.\.\/\.\.\/(?:contract|redact|util)\/)/.test(specifier));

    expect(foreign).toEqual([]);
  });
});

describe.each(operations)('drivers/$title', ({driver, name, operation}) => {
  it('has a name and a sentence', () => {
    expect(name).toMatch(kebabCase);
    expect(operation.description).toMatch(sentence);
  });

  it('takes no input that it does not know', () => {
    expect(isStrict(operation.input)).toBe(true);
  });

  it('says where others could stand in for it, where its driver reads a record', () => {
    const changes = {...driver.actions, ...driver.captures}[name];
    if (changes === undefined || Object.keys(driver.audits).length === 0) return;

    expect(changes.scope).toBeTypeOf('function');
  });

  it('is shown in the README with an input that it takes', async () => {
    const uses = `${driver.name}/${name}`;
    const shown = examplesIn(await readReadme(driver)).filter((example) => example.uses === uses);

    const fitting = shown.filter((example) => misfits(operation.input, example.with).length === 0);

    expect(fitting).not.toHaveLength(0);
    // One name may stand for a capture and a probe, so only what fits this one is held against it.
    for (const example of fitting) {
      const input = knownInput(operation.input, example.with);
      expect(Array.isArray(operation.needs?.(input) ?? [])).toBe(true);
      // A record that is kept elsewhere may be printed by a command.
      const kinds = [driver.name, ...(Object.hasOwn(driver.audits, name) ? ['command'] : [])];
      for (const target of operation.targets?.(input) ?? []) expect(kinds).toContain(target.kind);
      if ('scope' in operation) expect(operation.scope?.(input) ?? []).not.toContain('');
      if ('carriesCredential' in operation) expect(typeof operation.carriesCredential(input)).toBe('boolean');
    }
  });

  it('says what it touches, by itself or by its connection', () => {
    expect(operation.targets ?? driver.connection).toBeDefined();
  });
});

describe('drivers/actions', () => {
  const actions = operations.flatMap(({title, driver, name}) => {
    const action = driver.actions[name];
    return action === undefined ? [] : [{title, driver, name, action}];
  });
  const withRollback = actions.filter(({action}) => action.rollback !== undefined);
  const unread = actions.filter(({action}) => action.inspect === undefined);

  it.each(withRollback)('rolls $title back by an action of its driver', ({driver, action}) => {
    const names = Object.keys(driver.actions).map((other) => `${driver.name}/${other}`);

    expect(names).toContain(action.rollback?.uses);
  });

  const isRollback = (driver: Driver, name: string): boolean =>
    withRollback.some(({action}) => action.rollback?.uses === `${driver.name}/${name}`);
  const rollbacks = actions.filter(({driver, name}) => isRollback(driver, name));
  const byHand = actions.filter(({action}) => action.byHand !== undefined);

  it.each(rollbacks)('tells how $title is done by hand', ({action}) => {
    expect(action.byHand).toBeDefined();
  });

  it.each(byHand)('tells no secret of $title by hand', async ({driver, name, action}) => {
    for (const input of await shownInputs(driver, name, action)) {
      const secrets: string[] = [];
      visitSecrets(action.input, input, (secret) => secrets.push(secret));
      const lines = action.byHand?.(input, {connection: undefined, base: '/srv'}).join('\n') ?? '';

      for (const secret of secrets) expect(lines).not.toContain(secret);
    }
  });

  it.each(byHand)('gives lines of $title that a person can paste', async ({driver, name, action}) => {
    for (const input of await shownInputs(driver, name, action)) {
      for (const at of [
        {connection: undefined, base: '/srv'},
        {connection: await shownConnection(driver), base: '/srv'},
      ]) {
        const lines = action.byHand?.(input, at) ?? [];

        expect(lines).not.toHaveLength(0);
        for (const line of lines) expect(sanitizeLine(line)).toBe(line);
        // Some shells take a remark that was typed for a command: nothing in it may do something.
        for (const line of lines.filter((each) => each.startsWith('#'))) expect(line).not.toMatch(/['"`$;|&<>(){}\\]/);
        execFileSync('sh', ['-n'], {input: lines.join('\n'), stdio: ['pipe', 'ignore', 'pipe']});
      }
    }
  });

  it.each(byHand)('never throws on what is not known of $title', async ({driver, name, action}) => {
    for (const shown of await shownInputs(driver, name, action)) {
      for (const key of Object.keys(shown)) {
        const input = knownInput(action.input, {...shown, [key]: reference('capture.other.value')});

        for (const connection of [undefined, {}, 7, {address: reference('vars.x')}]) {
          expect(() => action.byHand?.(input, {connection, base: '/srv'}), key).not.toThrow();
        }
      }
    }
  });

  it.each(unread)('says in the README that $title needs a check', async ({driver, name}) => {
    expect(sectionOf(await readReadme(driver), name)).toMatch(/`check`/);
  });
});

describe('drivers/captures', () => {
  const captures = drivers.flatMap((driver) =>
    Object.entries(driver.captures).map(([name, {output}]) => ({title: `${driver.name}/${name}`, output})),
  );

  it.each(captures)('marks as secret what sounds like one in what $title takes', ({output}) => {
    const fields = output instanceof z.ZodObject ? Object.entries<z.ZodType>(output.shape) : [];
    const secret = fields.filter(([name]) => /^(?:password|token|secret|secretId|value|key)$/.test(name));

    for (const [name, schema] of secret) expect(holdsSecret(schema), name).toBe(true);
  });
});

/** The inputs that the README shows, with the secrets in them as references and as values. */
async function shownInputs(
  driver: Driver,
  name: string,
  action: Action,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const shown = examplesIn(await readReadme(driver)).filter(({uses}) => uses === `${driver.name}/${name}`);
  const fitting = shown.filter((example) => misfits(action.input, example.with).length === 0);
  expect(fitting).not.toHaveLength(0);
  return fitting.flatMap((example) => {
    const values = JSON.parse(JSON.stringify(example.with).replace(/\$\{\{ secrets\.([\w-]+) \}\}/g, 'the secret $1'));
    return [example.with, values].map((input) =>
      z.record(z.string(), z.unknown()).parse(knownInput(action.input, input)),
    );
  });
}

async function shownConnection(driver: Driver): Promise<unknown> {
  const shown = connectionsIn(await readReadme(driver)).find((example) => example.driver === driver.name);
  return shown === undefined || driver.connection === undefined
    ? undefined
    : knownInput(driver.connection.input, shown.input);
}

function isStrict(schema: z.ZodType): boolean {
  const described = z.toJSONSchema(schema, {io: 'input', unrepresentable: 'any'});
  const forms = described.anyOf ?? described.oneOf ?? [described];
  return forms.every((form) => typeof form === 'object' && form.additionalProperties === false);
}

/** Keys that the schema does not know, or misses. A reference in place of a value makes other faults, which are none here. */
function misfits(schema: z.ZodType | undefined, input: Readonly<Record<string, unknown>>): readonly string[] {
  const parsed = (schema ?? z.never()).safeParse(input);
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys;
    const [key] = issue.path.map(String);
    return key === undefined || key in input ? [] : [key];
  });
}

function sectionOf(readme: string, name: string): string {
  const sections = readme.split(/^(?=## )/m);
  return sections.find((section) => section.split('\n', 1)[0]?.includes(name)) ?? '';
}

/** Which packages a fresh process has asked for once the module is loaded. */
async function packagesLoadedBy(file: string): Promise<readonly string[]> {
  const script = `
    import {registerHooks} from 'node:module';
    const seen = new Set();
    registerHooks({
      resolve(specifier, context, next) {
        const resolved = next(specifier, context);
        const name = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(resolved.url)?.[1];
        if (name !== undefined) seen.add(name);
        return resolved;
      },
    });
    await import(process.argv[1]);
    console.log(JSON.stringify([...seen]));
  `;
  const cwd = await scratchFolder('loading');
  const argv = ['--input-type=module', '-e', script, file];
  const {stdout} = await promisify(execFile)(process.execPath, argv, {cwd});
  return z.array(z.string()).parse(JSON.parse(stdout));
}
