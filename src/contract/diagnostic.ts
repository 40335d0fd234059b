/** What can be wrong with a file of the user's. Each code stands in `docs/errors.md`, and stays as it is. */
export const diagnosticCodes = [
  'alias-bomb',
  'asked-too-seldom',
  'bad-audit',
  'bad-duration',
  'bad-input',
  'bad-name',
  'bad-reference',
  'bad-rollback',
  'bad-secret',
  'bad-value',
  'bare-program',
  'command-without-check',
  'duplicate-key',
  'duplicate-probe',
  'duplicate-step',
  'empty',
  'exposed-secret',
  'guard-identity',
  'guard-target',
  'hint-only',
  'identity-from-env',
  'limit-before-cache',
  'literal-secret',
  'missing-audit',
  'missing-connection',
  'missing-key',
  'missing-rollback',
  'misplaced-reference',
  'no-control',
  'no-credential',
  'no-dependent',
  'no-held-session',
  'no-instance',
  'no-taken-capture',
  'not-holdable',
  'not-utf8',
  'only-unreachable',
  'production',
  'reference-cycle',
  'reference-in-value',
  'settle-before-cache',
  'tainted-reference',
  'too-deep',
  'too-large',
  'unknown-audit',
  'unknown-connection',
  'unknown-dependent',
  'unknown-driver',
  'unknown-guard-kind',
  'unknown-identity',
  'unknown-input',
  'unknown-key',
  'unknown-operation',
  'unknown-reference',
  'unknown-step',
  'unknown-tag',
  'unreachable-credential',
  'unreadable',
  'unused-capture',
  'unused-secret',
  'wrong-connection',
  'yaml-error',
  'yaml-warning',
] as const;

export type DiagnosticCode = (typeof diagnosticCodes)[number];

/** One problem in a file of the user's, with the place and the way out. */
export type Diagnostic = {
  readonly severity: 'error' | 'warning';
  readonly code: DiagnosticCode;
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
