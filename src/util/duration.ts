import {err, ok, type Result} from './result.ts';

const unitMs = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000} as const;
const whole = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const part = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** Reads `250ms`, `10s`, `1h30m` into milliseconds, in Go's notation. A bare number has no unit and is refused. */
export function parseDuration(text: string): Result<number, string> {
  if (!whole.test(text)) return err(`a duration such as \`250ms\`, \`10s\` or \`1h30m\`, got \`${text}\``);
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(part)) {
    totalMs += Number(amount) * (unitMs[unit as keyof typeof unitMs] ?? Number.NaN);
  }
  return ok(totalMs);
}

/** The shortest text that a person reads at a glance: `250ms`, `1.2s`, `2m05s`, `1h30m`. */
export function renderDuration(ms: number): string {
  if (Math.round(ms) < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${trimZeros((ms / 1000).toFixed(ms < 10_000 ? 2 : 1))}s`;
  const totalSeconds = Math.round(ms / 1000);
  const [hours, minutes, seconds] = [
    Math.floor(totalSeconds / 3600),
    Math.floor(totalSeconds / 60) % 60,
    totalSeconds % 60,
  ];
  if (hours > 0) return `${hours}h${String(minutes).padStart(2, '0')}m`;
  return seconds === 0 ? `${minutes}m` : `${minutes}m${String(seconds).padStart(2, '0')}s`;
}

function trimZeros(text: string): string {
  return text.replace(/\.?0+$/, '');
}
