import {mkdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {beforeEach, describe, expect, it} from 'vitest';
import {run} from '../../../src/drivers/command/run.ts';
import {runLines} from '../../fixtures/drivers/run-lines.ts';
import {scratchFolder} from '../../helpers/scratch-folder.ts';
import {reference} from '../../run/fake-drill.ts';

describe('drivers/command by hand', () => {
  let base: string;
  beforeEach(async () => {
    base = await scratchFolder("it's by hand");
  });

  const follow = (given: object, input = '') => {
    const known = run.input.parse(given);
    return runLines(run.byHand?.(known, {connection: undefined, base}) ?? [], {
      input,
      env: {VAULT_TOKEN: 'hvs.of-a-person'},
    });
  };
  const seen = async () => (await readFile(path.join(base, 'below', 'seen'), 'utf8')).split('\n');

  it('runs the program in its folder, with its variables alone', async () => {
    await mkdir(path.join(base, 'below'));
    const argv = [
      'sh',
      '-c',
      '{ echo "$#" "$1"; env | grep -v -e PWD -e SHLVL -e "^_=" | sort; cat; } > seen',
      'sh',
      `a 'b' "c" $d`,
    ];

    const {exitCode, stdout} = await follow({argv, env: {PORT: '80 80'}, cwd: 'below'}, 'not for the program\n');

    expect({exitCode, stdout}).toEqual({exitCode: 0, stdout: 'Done: it ended with exit code 0.\n'});
    expect(await seen()).toEqual([`1 a 'b' "c" $d`, `PATH=${process.env.PATH}`, 'PORT=80 80', '']);
  });

  it('asks for what the variables are to hold, and shows it nowhere', async () => {
    await mkdir(path.join(base, 'below'));
    const argv = [
      'sh',
      '-c',
      '{ printf "%s %s\\n" "$QUEUE_PASSWORD" "$URL"; tr "\\0" " " < /proc/$PPID/cmdline; cat; } > seen',
    ];
    const env = {
      QUEUE_PASSWORD: reference('secrets.queue-password'),
      URL: `x:${reference('capture.user.name')}`,
      PORT: '1',
    };

    const {exitCode, stdout, stderr} = await follow({argv, env, cwd: 'below'}, `s3 "cr'et\\n $x\nname\n`);

    expect(exitCode).toBe(0);
    expect((await seen())[0]).toBe(`s3 "cr'et\\n $x x:name`);
    expect((await seen()).slice(1).join('\n')).not.toContain("cr'et");
    expect(stdout + stderr).not.toContain("cr'et");
    expect(stderr).toContain('secrets.queue-password (not shown): ');
  });

  it('does not say that it is done where the program fails', async () => {
    const {exitCode, stdout} = await follow({argv: ['sh', '-c', 'exit 7']});

    expect({exitCode, stdout}).toEqual({exitCode: 7, stdout: ''});
  });
});
