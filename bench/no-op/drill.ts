/**
 * The smallest drill that the file's rules allow: one access, one dependent, no capture. One step removes, `steps` more
 * follow, each a line of YAML.
 */
export function renderNoOpDrill(steps: readonly string[], settle = '20ms'): string {
  return `version: 1
name: no-op
title: Steps that cost nothing
integration: {name: no-op, owner: bench@example.com, environment: staging, identities: []}
guard:
  allow:
    - {no-op: nothing}
    - {command: [/bin/true, step]}
access:
  works: {uses: no-op/works, every: 10ms, denied-within: 60s}
dependents:
  lives: {uses: no-op/lives, every: 10ms}
shutdown:
  - {id: remove, uses: no-op/remove, rollback: {uses: no-op/restore}}
${steps.map((step) => `  - ${step}`).join('\n')}
settle: ${settle}
audit:
  no-op: {blind: it keeps no record}
  command: {blind: who starts processes on this host is not recorded}
`;
}
