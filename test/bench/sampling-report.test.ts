import {describe, expect, it} from 'vitest';
import {reportSampling, type Timeline} from '../../bench/sampling/report.ts';

/** Samples at these times, each due at the hundred before or after it. */
function timeline(sentAt: readonly number[], due = sentAt.length): Timeline {
  return {samples: sentAt.map((at, index) => ({dueAt: index * 100, sentAt: at})), due};
}

describe('bench/sampling/report', () => {
  it('counts samples of all that were due', () => {
    expect(reportSampling([timeline([0, 100], 4), timeline([0, 100, 200, 300])], 100, 0).taken).toBe(75);
  });

  it('measures intervals within one probe', () => {
    expect(reportSampling([timeline([0, 100, 200]), timeline([900, 1000])], 100, 0).intervalP99).toBe(1);
  });

  it('counts early and late alike', () => {
    expect(reportSampling([timeline([2, 98])], 100, 0).latenessMs).toBe(2);
  });

  it('tells lateness that grows', () => {
    const {growthMs} = reportSampling([timeline([0, 100, 200, 300, 404, 504, 604, 704])], 100, 0);

    expect(growthMs).toBe(4);
  });
});
