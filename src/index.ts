/**
 * The product as functions. The command line is made of these; a program that drills by itself calls
 * {@link planDrill}, then {@link runDrill} with the plan.
 */
export {examineDrill} from './api/doctor/examine-drill.ts';
export {type ListedRun, listRuns} from './api/list-runs.ts';
export {type DrillInputs, type Problems, planDrill} from './api/read-drill.ts';
export {renderJunit, renderPlan, renderReport} from './api/render.ts';
export {type FinishedRun, Interruption, type RunOptions, runDrill} from './api/run-drill.ts';
export type {Diagnostic} from './contract/diagnostic.ts';
export type {Result} from './util/result.ts';
export {createSystemClock} from './util/system-clock.ts';
export type {RunResult} from './verdict/result.ts';
