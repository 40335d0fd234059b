import {describe, expect, it} from 'vitest';
import type {Examination, Finding} from '../../src/report/finding.ts';
import {renderExamination} from '../../src/report/render-examination.ts';

const well: Finding = {state: 'ok', check: 'clock', subject: 'vault', message: 'differs by 3ms'};
const open: Finding = {
  state: 'warn',
  check: 'secret',
  subject: 'secret-id',
  message: 'Its mode is 0644.',
  mend: "chmod 0600 'secret-id'",
};
const lacking: Finding = {
  state: 'fail',
  check: 'permission',
  subject: 'vault',
  message: 'Expected its credential to have update on `auth/token/revoke-accessor`, and it has not. Needed by step x.',
  mend: 'path "auth/token/revoke-accessor" {\n  capabilities = ["update"]\n}',
};

describe('report/render-examination', () => {
  it('has a line for each finding, and below it what mends it', () => {
    expect(render([well, open, lacking], 3, 80)).toBe(`DOCTOR  orders-mcp

  ✔ ok    clock       vault      differs by 3ms
  ! warn  secret      secret-id  Its mode is 0644.
        chmod 0600 'secret-id'
  ✘ fail  permission  vault      Expected its credential to have update on
                                 \`auth/token/revoke-accessor\`, and it has not.
                                 Needed by step x.
        path "auth/token/revoke-accessor" {
          capabilities = ["update"]
        }

A run would not begin: 1 fails, 1 to look at. Nothing was touched. Exit 3.
`);
  });

  it('says where nothing is missing', () => {
    expect(render([well], 0, 80)).toContain('\n\nNothing stands in the way of a run. Nothing was touched. Exit 0.\n');
  });

  it('lets nothing from outside drive a terminal', () => {
    const page = render([{...lacking, subject: 'a\u001b[2J', message: 'b\u001b[2J', mend: 'c\u001b[2J'}], 3, 80);

    expect(page).not.toContain('\u001b');
    expect(page.split('\\u{1b}[2J')).toHaveLength(4);
  });
});

function render(findings: readonly Finding[], exitCode: Examination['exitCode'], width: number): string {
  const drill = {name: 'orders-mcp', file: 'orders-mcp.yaml', sha256: '0'.repeat(64)};
  return renderExamination({version: 1, drill, exitCode, findings}, {width});
}
