import {access, mkdtemp, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';

/** A folder with a `psql`: empty where the host has one, else with one that knows what the lines by hand say to it. */
export async function folderWithPsql(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'offdrill-programs-'));
  const places = (process.env.PATH ?? '').split(path.delimiter).map((place) => access(path.join(place, 'psql')));
  const hasOne = (await Promise.allSettled(places)).some(({status}) => status === 'fulfilled');
  if (!hasOne || process.env.OFFDRILL_TEST_PSQL === 'own') {
    await writeFile(path.join(folder, 'psql'), `#!${process.execPath}\n${standIn}`, {mode: 0o755});
  }
  return folder;
}

const standIn = `
const {createRequire} = require('node:module');
const pg = createRequire(${JSON.stringify(import.meta.filename)})('pg');
const words = process.argv.slice(2);
const texts = words.flatMap((word, index) => (word === '-c' ? [words[index + 1]] : []));
if (words.slice(0, 3).join(' ') !== '-XAtq -v ON_ERROR_STOP=1') throw new Error('unknown words');
if (texts.length === 0) texts.push(require('node:fs').readFileSync(0, 'utf8'));
const {PGHOST: host, PGPORT: port, PGDATABASE: database, PGUSER: user, PGPASSWORD: password} = process.env;
const client = new pg.Client({host, port: Number(port), database, user, password, ssl: false});
(async () => {
  await client.connect();
  for (const text of texts) {
    const {rows} = await client.query({text, rowMode: 'array'});
    for (const row of rows) console.log(row.map((value) => (value === true ? 't' : value === false ? 'f' : value)).join('|'));
  }
  await client.end();
})().catch((error) => {
  console.error(error.message);
  process.exit(2);
});
`;
