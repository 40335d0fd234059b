import {readFile, writeFile} from 'node:fs/promises';
import {buildDrillSchema} from '../src/api/drill-schema.ts';
import {buildDriversPage} from '../src/api/drivers-page.ts';
import {buildResultSchema} from '../src/api/result-schema.ts';

/** Writes the generated files, or with `--check` says which differ from what would be written. */
const generated = {
  'drill.schema.json': await buildDrillSchema(),
  'docs/drivers.md': await buildDriversPage(),
  'docs/result.schema.json': buildResultSchema(),
};

const check = process.argv.includes('--check');
for (const [file, text] of Object.entries(generated)) {
  const path = new URL(`../${file}`, import.meta.url);
  if (!check) {
    await writeFile(path, text);
    continue;
  }
  const found = await readFile(path, 'utf8').catch(() => '');
  if (found === text) continue;
  process.exitCode = 1;
  process.stderr.write(`${file} differs from what its source gives. Run \`npm run generate\` and commit it.\n`);
}
