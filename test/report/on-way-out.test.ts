import {spawn} from 'node:child_process';
import {describe, expect, it} from 'vitest';

const module = new URL('../../src/report/on-way-out.ts', import.meta.url).href;

type End = {readonly code: number | null; readonly signal: string | null; readonly stdout: string};

/** A process that begins to wait, and then ends as the code says. */
async function run(code: string): Promise<End> {
  const script = `
    import {onWayOut} from ${JSON.stringify(module)};
    const stop = onWayOut(() => process.stdout.write('left '));
    const alive = setInterval(() => {}, 1000);
    ${code}
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {stdio: ['ignore', 'pipe', 'ignore']});
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  return new Promise((resolve) => child.once('close', (exitCode, signal) => resolve({code: exitCode, signal, stdout})));
}

describe('report/on-way-out', () => {
  it.each([
    ['ends by itself', 'clearInterval(alive);', 0],
    ['calls process.exit', 'process.exit(3);', 3],
    ['throws', "setImmediate(() => { throw new Error('x'); });", 1],
    ['rejects', "Promise.reject(new Error('x'));", 1],
  ])('leaves once where the process %s', async (_how, code, exitCode) => {
    expect(await run(code)).toEqual({code: exitCode, signal: null, stdout: 'left '});
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])('leaves on %s, and lets it end the process', async (signal) => {
    expect(await run(`process.kill(process.pid, '${signal}');`)).toEqual({code: null, signal, stdout: 'left '});
  });

  it('stays where somebody else listens to the signal', async () => {
    const end = await run(`
      process.on('SIGTERM', () => {
        process.stdout.write('heard ');
        setImmediate(() => process.exit(143));
      });
      process.kill(process.pid, 'SIGTERM');
    `);

    expect(end).toEqual({code: 143, signal: null, stdout: 'heard left '});
  });

  it('does nothing more once it is stopped', async () => {
    const end = await run('stop(); clearInterval(alive);');

    expect(end).toEqual({code: 0, signal: null, stdout: ''});
  });
});
