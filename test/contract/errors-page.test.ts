import {readFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import {reconcileFailureCodes} from '../../src/api/reconcile-run.ts';
import {resumeFailureCodes} from '../../src/api/resume-run.ts';
import {diagnosticCodes} from '../../src/contract/diagnostic.ts';
import {driverErrorCodes} from '../../src/contract/driver-error.ts';
import {journalErrorCodes} from '../../src/journal/journal-error.ts';
import {phaseFailureCodes} from '../../src/run/phase-failure.ts';

describe('docs/errors.md', () => {
  it.each([
    ['Diagnostics', diagnosticCodes],
    ['Before anything is changed', phaseFailureCodes],
    ['Going on with a run', resumeFailureCodes],
    ['Reading records again', reconcileFailureCodes],
    ['Systems outside', driverErrorCodes],
    ['The journal', journalErrorCodes],
  ])('lists every code under %s, and no other', async (title, codes) => {
    const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const section = page.split(/^## /m).find((part) => part.startsWith(title)) ?? '';

    const listed = [...section.matchAll(/^\| `([a-z0-9-]+)`/gm)].map(([, code]) => code);

    expect(listed.toSorted()).toEqual(codes.toSorted());
  });
});
