/** Audit paths on which a change by somebody else could bring an integration back, whatever it holds: see `isInScope`. */
export const everywhere = [
  // Another way in is as good as the old one: tokens, users, new auth methods.
  'auth/token/*',
  'auth/*/groups/*',
  'auth/*/map/*',
  // A new role with the same policies, in whatever auth method.
  'auth/+/role/+',
  'auth/+/role/+/policies',
  'auth/+/role/+/token-policies',
  'auth/*/users/*',
  'identity/*',
  'sys/auth/*',
  'sys/audit*',
  'sys/leases/*',
  'sys/renew*',
  'sys/revoke*',
  'sys/locked-users/*',
  'sys/policies/*',
  'sys/policy/*',
  'sys/seal',
  'sys/step-down',
];

/** Where an AppRole can be given access again. */
export function approleScope({role, mount}: {readonly role: string; readonly mount: string}): readonly string[] {
  return [
    ...everywhere,
    `auth/${mount}/role/${role}`,
    `auth/${mount}/role/${role}/*`,
    `auth/${mount}/tidy/*`,
    `sys/mounts/auth/${mount}*`,
  ];
}

/** Where a user of the database engine can be made, kept or changed. */
export function databaseScope({role, mount}: {readonly role: string; readonly mount: string}): readonly string[] {
  return [
    ...everywhere,
    ...['config/*', 'reset/*', 'reload/*', 'rotate-*', 'static-*'].map((path) => `${mount}/${path}`),
    `${mount}/creds/${role}`,
    `${mount}/roles/${role}`,
    `sys/mounts/${mount}*`,
  ];
}

/** Where leases below a path can be taken, kept or ended. */
export function leaseScope(prefix: string): readonly string[] {
  return [...everywhere, prefix, `${prefix}/*`];
}
