/** Options that stand before or after any command. */
export type SharedOptions = {
  readonly var?: readonly string[];
  readonly vars?: readonly string[];
  readonly envFile?: string;
  readonly base?: string;
  readonly stateDir: string;
  readonly color: boolean;
};

/** How a run is shown. */
export type ShownRunOptions = SharedOptions & {
  readonly json?: boolean;
  readonly reporter?: 'live' | 'line' | 'github';
};

export type RunCommandOptions = ShownRunOptions & {
  readonly yes?: boolean;
  readonly until?: 'baseline';
  readonly gone?: boolean;
  readonly maxDuration: number;
  /** In milliseconds. */
  readonly waitForAudit?: number;
};

export type ReportCommandOptions = SharedOptions & {
  readonly format: 'text' | 'json' | 'junit';
  readonly reconcile?: boolean;
  readonly waitForAudit?: number;
};

export type InterveneCommandOptions = SharedOptions & {
  readonly by: string;
  readonly reason: string;
  /** In milliseconds since the epoch. */
  readonly at?: number;
};

export type ResumeCommandOptions = ShownRunOptions & {readonly gone?: boolean};

export type RestoreCommandOptions = ResumeCommandOptions & {readonly yes?: boolean; readonly maxDuration: number};
