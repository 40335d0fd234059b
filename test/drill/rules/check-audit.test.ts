import {describe, it} from 'vitest';
import {expectMistake, type Mistake} from '../expect-mistake.ts';

const mistakes: Readonly<Record<string, Mistake>> = {
  'a changed connection that nobody records': {
    code: 'missing-audit',
    edits: [
      ['end-sessions, uses:', 'end-sessions, «uses:'],
      ['  shop: {blind: this PostgreSQL keeps no statement log}\n', ''],
    ],
    says: 'what happens to `shop`',
  },
  'a command that nobody records': {
    code: 'missing-audit',
    edits: [
      ['    uses: command/run\n', '    «uses: command/run\n'],
      ['  command: {blind: who starts processes on this host is not recorded}\n', ''],
    ],
  },
  'a record of an unknown system': {
    code: 'unknown-audit',
    edits: [['  command: {blind', '  «shopp: {blind: x}\n  command: {blind']],
    suggestion: 'shop',
  },
  'a record that is blind and is read': {
    code: 'bad-audit',
    edits: [
      [
        'vault: {uses: vault/audit-file, on: vault, with: {path: .lab/openbao/audit.log}}',
        'vault: {blind: x, «on: vault}',
      ],
    ],
  },
  'a record that is blind and has a scope': {
    code: 'bad-audit',
    edits: [['  shop: {blind: this PostgreSQL keeps no statement log}', '  shop: {blind: x, «scope: [role shop]}']],
  },
  'a record that is neither blind nor read': {
    code: 'bad-audit',
    edits: [['  shop: {blind: this PostgreSQL keeps no statement log}', '  «shop: {}']],
  },
};

describe('drill/rules/check-audit', () => {
  it.each(Object.entries(mistakes))('points at %s', async (_what, mistake) => {
    await expectMistake(mistake);
  });
});
