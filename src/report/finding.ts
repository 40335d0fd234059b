/** One thing that a drill needs, looked at without touching it. Holds no secret. */
export type Finding = {
  readonly state: 'ok' | 'warn' | 'fail';
  /** `environment`, `secret`, `connection`, `identity`, `permission`, `clock`, `audit`, `command`, `delivery`. Stable, for scripts. */
  readonly check: Check;
  /** Which one: the name of the secret or connection, the path, the program. */
  readonly subject: string;
  /** What was found and, unless it is well, what to do. */
  readonly message: string;
  /** The lines of policy, or the command, that mend it. */
  readonly mend?: string;
};

type Check =
  | 'environment'
  | 'secret'
  | 'connection'
  | 'identity'
  | 'permission'
  | 'clock'
  | 'audit'
  | 'command'
  | 'delivery';

/** All that was found of one drill. */
export type Examination = {
  readonly version: 1;
  readonly drill: {readonly name: string; readonly file: string; readonly sha256: string};
  /** 0 nothing fails · 2 a server is not the one that the guard expects, or a variable of the environment leads elsewhere · 3 something else fails. */
  readonly exitCode: 0 | 2 | 3;
  readonly findings: readonly Finding[];
};
