/** A drill on one server, at `vars.vault`; tests give it a port that nothing may listen on. */
export const vaultDrill = `version: 1
name: one
title: A token can be revoked
integration: {name: one, owner: team@example.com, environment: staging, identities: [{vault: {approle: one}}]}
guard: {allow: [{vault: "\${{ vars.vault }}", cluster: staging}]}
secrets: {vault-token: {env: TOKEN}}
connections:
  vault: {driver: vault, address: "\${{ vars.vault }}", token: "\${{ secrets.vault-token }}"}
capture:
  holdings: {uses: vault/holdings, on: vault, with: {approle: one}}
access:
  holdings: {uses: vault/holdings-alive, on: vault, with: {holdings: "\${{ capture.holdings }}"}, denied-within: 10s}
shutdown:
  - {id: revoke-tokens, uses: vault/revoke-tokens, on: vault, with: {approle: one}, rollback: {none: it logs in again}}
audit: {vault: {blind: it is not read here}}
`;
