/** The environment in which a Node program's clock is so many milliseconds ahead of everybody else's. */
export function shiftedClock(ms: number): Readonly<Record<string, string>> {
  const shifting = `
    const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...given) {
        super(...(given.length === 0 ? [Real.now() + ${ms}] : given));
      }
      static now() {
        return Real.now() + ${ms};
      }
    };`;
  return {NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shifting)}`};
}
