import path from 'node:path';

export const variantNames = ['dynamic', 'static', 'batch', 'expiry', 'shared', 'respawn'] as const;
export type VariantName = (typeof variantNames)[number];

/** The lab that stands in for AWS has systems of its own, and one shape. */
export const labNames = [...variantNames, 'aws'] as const;
export type LabName = (typeof labNames)[number];

/** How the integration holds its credentials, where a drill needs it otherwise than usual. */
export type Variant = {
  /** One sentence, for `status`. */
  readonly about: string;
  /** How the AppRole of orders-mcp gives out tokens, in Vault's own words. */
  readonly tokens: Readonly<Record<string, string>>;
  /** How long its dynamic database users live. */
  readonly leaseTtl: string;
  /** A static role of the database engine, and who connects by it, instead of dynamic users. */
  readonly static?: {readonly role: string; readonly user: string; readonly apps: readonly string[]};
  /** Whether a supervisor starts orders-mcp again by itself, with a secret-id of its own. */
  readonly isSupervised: boolean;
};

const usual = {tokens: {token_ttl: '1h', token_max_ttl: '24h'}, leaseTtl: '1h', isSupervised: false};

export const variants: Readonly<Record<VariantName, Variant>> = {
  dynamic: {...usual, about: 'dynamic database users, tokens of an hour'},
  static: {
    ...usual,
    about: 'orders-mcp has a static database user, whose password Vault rotates',
    static: {role: 'orders-static', user: 'orders_static', apps: ['orders-mcp']},
  },
  batch: {
    ...usual,
    about: 'the AppRole of orders-mcp gives out batch tokens of 20 s',
    tokens: {token_type: 'batch', token_ttl: '20s', token_max_ttl: '20s'},
  },
  expiry: {
    ...usual,
    about: 'tokens and database users of orders-mcp live for 15 s',
    tokens: {token_ttl: '15s', token_max_ttl: '15s'},
    leaseTtl: '15s',
  },
  shared: {
    ...usual,
    about: 'orders-mcp and checkout share one database user',
    static: {role: 'shop-app', user: 'shop_app', apps: ['orders-mcp', 'checkout']},
  },
  respawn: {...usual, about: 'a supervisor starts orders-mcp again, with a secret-id of its own', isSupervised: true},
};

/** A variant in which what orders-mcp gets lives for another time, such as `2s`. */
export function livingFor(variant: Variant, ttl: string): Variant {
  return {...variant, tokens: {...variant.tokens, token_ttl: ttl, token_max_ttl: ttl}, leaseTtl: ttl};
}

/** What a drill is written for, told by its file's name: `orders-mcp-static-complete.yaml` for `static`, `billing-mcp-aws.yaml` for `aws`. */
export function labFor(drill: string): LabName {
  if (/^billing-mcp-aws(?:-.+)?\.ya?ml$/.test(path.basename(drill))) return 'aws';
  const rest = /^orders-mcp-(.+)\.ya?ml$/.exec(path.basename(drill))?.[1] ?? '';
  return variantNames.find((name) => rest === name || rest.startsWith(`${name}-`)) ?? 'dynamic';
}

/** What a person said. Throws where there is none of that name. */
export function readVariant(text: string): LabName {
  const found = labNames.find((name) => name === text);
  if (found !== undefined) return found;
  throw new Error(`Expected --variant to be one of ${labNames.join(', ')}, got \`${text}\`.`);
}
