/**
 * One system, or one place in it, that an operation can touch. Held against `guard.allow` before the first call.
 * `kind` is the name of the driver whose guard entries speak of it; `address` is in that driver's normal form
 * (a URL, `host:port/database`, an argv).
 */
export type Target = {readonly kind: string; readonly address: string | readonly string[]};

/** Who a server says it is, in its own words. */
export type Identity = {
  /** `cluster_name` of Vault's `sys/health`, `show cluster_name` of PostgreSQL, the account of AWS; absent where the server names none (a sealed Vault). */
  readonly cluster?: string;
  readonly product?: string;
  readonly version?: string;
};

/** One line of `guard.allow`, read: the driver that it speaks of, the address, and who must answer there. */
export type GuardEntry = {
  readonly kind: string;
  readonly address: string | readonly string[];
  readonly cluster?: string;
};

export function renderTarget(target: Target): string {
  const address = typeof target.address === 'string' ? target.address : target.address.join(' ');
  return `${target.kind} ${address}`;
}
