import {styleText} from 'node:util';
import type {Entry} from '../journal/entries.ts';
import {sanitizeLine} from '../util/sanitize.ts';
import {describeEntry} from './describe-entry.ts';
import {createFramePainter, sizeOf} from './frame-painter.ts';
import {isCommand} from './left-steps.ts';
import {type Paint, renderFrame} from './live-frame.ts';
import {createLiveState, followEntry, followSample} from './live-state.ts';
import type {Progress, ProgressOptions} from './progress.ts';

const repaintMs = 100;

/** Repaints one table in place, also when the window gets another size. What must not be lost is left above it. */
export function createLiveView({stream, clock, plan, color}: ProgressOptions): Progress {
  const startedAt = clock.now();
  const state = createLiveState(plan);
  const painter = createFramePainter(stream);
  const paint: Paint = (style, text) => (color ? styleText(style, text, {validateStream: false}) : text);
  let closed = false;

  const repaint = (notes: readonly string[] = []): void => {
    const {width, height} = sizeOf(stream);
    const now = clock.now();
    painter.paint(renderFrame(plan, state, {now, tookMs: now - startedAt, width, height: height - 1, paint}), notes);
  };
  const onTime = (): void => repaint();
  const timer = setInterval(onTime, repaintMs);
  stream.on('resize', onTime);

  return {
    entry: (entry) => {
      followEntry(state, entry);
      const note = isNote(entry) ? describeEntry(entry) : undefined;
      if (note !== undefined && !closed) {
        const mark = `${paint('yellow', '!')} `;
        repaint(note.split('\n').map((line) => `${isCommand(line) ? '' : mark}${sanitizeLine(line)}`));
      }
    },
    sample: (sample) => followSample(state, sample, clock.now()),
    judged: () => undefined,
    close: () => {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      stream.off('resize', onTime);
      repaint();
      painter.close();
    },
  };
}

const noted: readonly Entry['type'][] = [
  'phase.failed',
  'capture.failed',
  'step.failed',
  'rollback.failed',
  'audit.failed',
  'interruption',
  'trouble',
  'probe.instance',
  'control.changed',
];

/** What must not be overwritten by the next frame. */
function isNote(entry: Entry): boolean {
  return noted.includes(entry.type) && !(entry.type === 'control.changed' && entry.data.held);
}
