/** Options that stand before or after any command. */
export type SharedOptions = {
  readonly var?: readonly string[];
  readonly vars?: readonly string[];
  readonly envFile?: string;
  readonly base?: string;
  readonly stateDir: string;
  readonly color: boolean;
};

export type RunCommandOptions = SharedOptions & {
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly until?: 'baseline';
  readonly maxDuration: number;
  readonly reporter?: 'live' | 'line' | 'github';
};
