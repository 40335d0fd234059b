export {createProgress} from '../report/create-progress.ts';
export {renderPlan} from '../report/render-plan.ts';
export {renderReport} from '../report/render-report.ts';
