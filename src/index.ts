/**
 * The product as functions; the command line is made of these. A program that drills by itself calls {@link planDrill},
 * then {@link runDrill} with the plan. Nothing here writes to a stream or ends the process, and secrets come only from the
 * `env` that is given and from the files that the drill names.
 */

/** Puts on record that somebody helped while a run goes on. In the error is why that could not be, and what to do. */
export {declareIntervention} from './api/declare-intervention.ts';
/** Looks at all that a plan needs, and says the line that mends what is missing. Mints, writes and changes nothing. */
export {type ExamineOptions, examineDrill} from './api/doctor/examine-drill.ts';
export type {Declaration} from './api/intervention-door.ts';
/** The runs in a state folder, oldest first. */
export {type ListedRun, listRuns} from './api/list-runs.ts';
/** A plan with what it was made of, so that another process can make it again. */
export type {RunnablePlan} from './api/read-drill.ts';
/**
 * Reads a drill file and plans it; touches nothing. Every mistake in the file is a {@link Diagnostic} in the error, never
 * thrown. Leave `vars` out only to check the file: any variable counts as known then.
 */
export {type DrillInputs, type Problems, planDrill} from './api/read-drill.ts';
/** One run's entries, and the verdict judged anew from them. Throws where the journal is not whole. */
export {readRun} from './api/read-run.ts';
/** Pages for people, `width` in characters, and JUnit for pipelines. They hold no secret, since the journal holds none. */
export {renderExamination, renderJunit, renderPlan, renderReport} from './api/render.ts';
/** Goes on with a run that was cut off. In the error is what a person has to do instead, and the exit code. */
export {type NotResumed, type Resumed, type ResumeOptions, resumeRun} from './api/resume-run.ts';
/**
 * One run of a plan, from the first entry to the verdict. A failed drill is no error: it is `result.verdict`, and
 * `result.exitCode` is what the command line ends with. In the error are secrets that are not there, and a run of the same
 * integration that did not end; nothing was touched then. A signal or any other reason to stop goes to the
 * {@link Interruption}: rollback starts at the first.
 */
export {
  type FinishedRun,
  Interruption,
  type RestoreOptions,
  type RunOptions,
  restoreDrill,
  runDrill,
} from './api/run-drill.ts';
/** {@link createSystemClock} makes the real one. */
export type {Clock} from './contract/clock.ts';
export type {Diagnostic, DiagnosticCode} from './contract/diagnostic.ts';
/** The driver contract: what a plan's connections and operations are, and what a driver is made of. */
export type {Connection, Driver, GuardKind, OpenContext, Session} from './contract/driver.ts';
export type {DriverError, DriverErrorCode} from './contract/driver-error.ts';
export type {Observation, ObservationState} from './contract/observation.ts';
export type {Action, AuditEvent, AuditSource, Capture, Context, Need, Probe} from './contract/operation.ts';
/** What a plan will do, as it stands in the journal and in `plan.json`. */
export type {PlanRecord} from './contract/plan-record.ts';
export type {GuardEntry, Identity, Target} from './contract/target.ts';
/** One line of a run's journal; `docs/journal.md` has them all. */
export type {Entry, Failure} from './journal/entries.ts';
export type {Plan} from './plan/plan.ts';
export type {Examination, Finding} from './report/finding.ts';
export type {LiveSample} from './report/live-sample.ts';
export type {InterruptionCause} from './run/interruption.ts';
export type {Result} from './util/result.ts';
/** Wall-clock time read once, carried on by the monotonic clock. */
export {createSystemClock} from './util/system-clock.ts';
/** `result.json`; its schema is `docs/result.schema.json` in the package. */
export type {RunResult} from './verdict/result.ts';
