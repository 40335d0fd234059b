/** What an app of the lab is told, by its environment. Throws where something is missing. */
export function readSetting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`Expected the environment variable ${name}.`);
  return value;
}

/** Ends at once when asked to, and gives nothing back: few services do. */
export function endOnSignal(): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
}
