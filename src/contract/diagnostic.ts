/** One problem in a file of the user's, with the place and the way out. Codes stand in `docs/errors.md`. */
export type Diagnostic = {
  readonly severity: 'error' | 'warning';
  /** Kebab-case and stable: `unknown-key`, `bad-duration`, `guard-target`. */
  readonly code: string;
  /** What was expected, what was found, what to do. Holds no secret. */
  readonly message: string;
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in characters. */
  readonly column: number;
  /** How many characters of the line are meant; at least 1. */
  readonly length: number;
  /** The path in the document, `access.token.with.role`. */
  readonly path: string;
  /** What was probably meant, when something is near enough. */
  readonly suggestion?: string;
};

/** Where a path of the document stands in its file. */
export type Locate = (path: readonly (string | number)[]) => Pick<Diagnostic, 'line' | 'column' | 'length'>;
