import fs from 'node:fs';
import {syncBuiltinESMExports} from 'node:module';
import {onTestFinished} from 'vitest';

/** Puts another function in the place of one of `node:fs` until the test ends: for what a real disk can't be made to do. */
export function replaceInFs<
  Name extends 'writeSync' | 'fdatasyncSync' | 'fsyncSync' | 'fchmodSync' | 'ftruncateSync' | 'closeSync',
>(name: Name, make: (real: (typeof fs)[Name]) => (typeof fs)[Name]): void {
  const real = fs[name];
  fs[name] = make(real);
  syncBuiltinESMExports();
  onTestFinished(() => {
    fs[name] = real;
    syncBuiltinESMExports();
  });
}

/** How often one of `node:fs` is called until the test ends. */
export function countInFs(name: Parameters<typeof replaceInFs>[0]): {count: number} {
  const calls = {count: 0};
  replaceInFs(
    name,
    (real) =>
      ((...args: readonly unknown[]) => {
        calls.count += 1;
        return Reflect.apply(real, fs, args);
      }) as typeof real,
  );
  return calls;
}
