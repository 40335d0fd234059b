import {isRecord, type Path} from './path.ts';

/** Calls `visit` with each text in a value, and where it stands. */
export function visitTexts(value: unknown, path: Path, visit: (text: string, path: Path) => void): void {
  if (typeof value === 'string') visit(value, path);
  else if (Array.isArray(value))
    value.forEach((item, index) => {
      visitTexts(item, [...path, index], visit);
    });
  else if (isRecord(value)) for (const [key, child] of Object.entries(value)) visitTexts(child, [...path, key], visit);
}
