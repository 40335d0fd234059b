import {columnsOf, cutColumns} from './columns.ts';
import {onWayOut} from './on-way-out.ts';

export type FramePainter = {
  /** Paints over the frame before. Notes are left above it for good. */
  paint(lines: readonly string[], notes?: readonly string[]): void;
  /** Gives the cursor back; the last frame stays. */
  close(): void;
};

const beginFrame = '\u001b[?2026h\u001b[?25l';
const endFrame = '\u001b[?2026l';
const noWrapping = '\u001b[?7l';
const wrapping = '\u001b[?7h';
const showCursor = '\u001b[?25h';
const home = '\u001b[H';
const firstColumn = '\u001b[G';
const eraseLine = '\u001b[K';
const eraseBelow = '\u001b[J';

/** A few lines that change in place. Each frame is one write, and of it only the lines that differ from the one before. */
export function createFramePainter(stream: NodeJS.WriteStream): FramePainter {
  let painted: readonly string[] = [];
  const notes: string[] = [];
  const leave = (): void => void stream.write(`${endFrame}${wrapping}${showCursor}`);
  const stopWaiting = onWayOut(leave);

  return {
    paint: (lines, added = []) => {
      const {width, height} = sizeOf(stream);
      const cut = lines.map((line) => cutColumns(line, width - 1));
      notes.push(...added);
      const text = !isWhole(painted, width, height)
        ? // Where its rows stand can't be known: some terminals wrap them anew, others don't.
          `${home}${eraseBelow}${block(notes)}${noWrapping}${block(cut)}`
        : added.length > 0
          ? `${up(painted.length)}${eraseBelow}${block(added)}${noWrapping}${block(cut)}`
          : `${up(painted.length)}${noWrapping}${difference(painted, cut)}`;
      // A key that was typed stands below the frame, `^C`, and has moved the cursor to the right.
      stream.write(`${beginFrame}${firstColumn}${text}${eraseBelow}${wrapping}${endFrame}`);
      painted = cut;
    },
    close: () => {
      stopWaiting();
      leave();
    },
  };
}

export function sizeOf(stream: NodeJS.WriteStream): {readonly width: number; readonly height: number} {
  return {width: stream.columns || 80, height: stream.rows || 24};
}

/** Whether each line of a frame still stands in one row of the window, one below the other. */
function isWhole(lines: readonly string[], width: number, height: number): boolean {
  return lines.length < height && lines.every((line) => columnsOf(line) <= width);
}

function block(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** Lines that stay are passed by, so that nothing blinks. */
function difference(before: readonly string[], lines: readonly string[]): string {
  return lines.map((line, index) => (line === before[index] ? '\n' : `${line}${eraseLine}\n`)).join('');
}

function up(lines: number): string {
  return lines === 0 ? '' : `\u001b[${lines}A`;
}
