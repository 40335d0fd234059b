import type {AuditUse} from '../contract/driver.ts';
import {renderTable, wrap} from './layout.ts';

/** Who was served by what a drill is going to take away, as the records of its systems label them. */
export type UsersOf = {
  readonly system: string;
  /** What is taken away there, as paths of that record. */
  readonly takes: readonly string[];
  readonly uses: readonly AuditUse[];
  /** When the record begins, where it does not go back so far as was asked. */
  readonly from?: string;
  /** Why nothing is known of that system, or not all. */
  readonly unknown?: string;
};

export type WhoUses = {
  readonly systems: readonly UsersOf[];
  /** Steps of which no record tells who is served by what they take. */
  readonly notLookedAt: readonly {readonly step: string; readonly uses: string}[];
};

/** Who was served by what a drill takes away: whom nobody declared first, since those break when it is removed. */
export function renderUsers(
  {systems, notLookedAt}: WhoUses,
  {since, width}: {readonly since: number; readonly width: number},
): string {
  const sections = systems.map((of) => {
    const {system, takes, uses, from, unknown} = of;
    const began = from ?? new Date(since).toISOString();
    const head = [
      `WHO USES WHAT THIS TAKES from ${system}${unknown === undefined ? `, on record since ${began}` : ''}`,
      ...wrap(takes.join('  '), width, '  takes  '),
      ...(unknown === undefined ? [] : wrap(`not known: ${unknown}`, width, '  ')),
    ];
    if (unknown !== undefined && uses.length === 0) return head;
    const strangers = uses.filter(({isDeclared}) => !isDeclared);
    const declared = uses.filter(({isDeclared}) => isDeclared);
    return [
      ...head,
      '',
      strangers.length === 0 ? 'Nobody that the drill does not declare.' : 'NOT DECLARED: breaks when this is removed',
      ...rows(strangers, width),
      ...(declared.length === 0 ? [] : ['', 'Declared', ...rows(declared, width)]),
    ];
  });
  const steps = notLookedAt.map(({step, uses}) => `${step} (${uses})`);
  const others = [
    'NOT LOOKED AT: who is served by what these take stands in no record that is read',
    ...wrap(steps.join('  '), width, '  '),
  ];
  return `${[...sections, ...(steps.length === 0 ? [] : [others])].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function rows(uses: readonly AuditUse[], width: number): readonly string[] {
  if (uses.length === 0) return [];
  const cells = uses.map(({who, path, times, lastAt, addresses}) => [
    who,
    path,
    `${times}×`,
    `last ${lastAt.replace(/(\.\d{3})\d+/, '$1')}`,
    addresses.join(', '),
  ]);
  return renderTable(['', '', '', '', ''], cells, width - 2)
    .slice(1)
    .map((row) => `  ${row}`);
}
