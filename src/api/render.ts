export {canRepaint, chooseReporter, createProgress, type Reporter} from '../report/create-progress.ts';
export {withoutCommands} from '../report/github-commands.ts';
export {renderLeftSteps} from '../report/left-steps.ts';
export type {Progress} from '../report/progress.ts';
export {renderExamination} from '../report/render-examination.ts';
export {renderJunit} from '../report/render-junit.ts';
export {renderPlan, renderRestoration} from '../report/render-plan.ts';
export {renderReport} from '../report/render-report.ts';
export {renderUsers} from '../report/render-users.ts';
