/** One request to Vault, as an operation words it. */
export type VaultRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'LIST';
  /** Segments that were encoded by `pathOf`. */
  readonly path: string;
  /** The one token that this request carries; none for a login. */
  readonly token?: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** After the path, encoded. */
  readonly query?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};

/** What came back, whatever its status. */
export type VaultAnswer = {
  readonly status: number;
  /** Undefined where there is no body. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
};
