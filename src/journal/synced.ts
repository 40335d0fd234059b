import type {EventType} from './entries.ts';

/**
 * Which events are on disk before anything else happens. Those that rollback, `resume` or the verdict can't do without
 * are; a measurement is not, and is carried to disk by the next one that is: what was prepared by `baseline.held`, before
 * anything is changed; what was inspected by the outcome that follows.
 */
export const synced: Readonly<Record<EventType, boolean>> = {
  'run.started': true,
  'run.inputs': true,
  'run.planned': true,
  'run.resumed': true,
  'resume.failed': true,
  'phase.started': true,
  'phase.failed': true,
  'guard.identified': false,
  'preflight.checked': false,
  'connection.began': true,
  'connection.ended': true,
  'connection.cleared': true,
  call: false,
  owned: true,
  'capture.taken': true,
  'capture.failed': true,
  'baseline.held': true,
  'probe.started': false,
  'probe.changed': false,
  'probe.instance': false,
  'probe.summary': false,
  'control.changed': false,
  draining: false,
  'step.prepared': false,
  'step.started': true,
  'step.inspected': false,
  'step.succeeded': true,
  'step.failed': true,
  'rollback.started': true,
  'rollback.inspected': false,
  'rollback.succeeded': true,
  'rollback.not-needed': false,
  'rollback.failed': true,
  'audit.read': true,
  'audit.failed': true,
  'samples.closed': true,
  'scan.finished': true,
  interruption: true,
  trouble: true,
  'run.finished': true,
};
