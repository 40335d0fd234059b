import * as z from 'zod';

const criterion = z.strictObject({
  state: z.enum(['met', 'unmet', 'unproven']),
  reasons: z.array(z.string()).meta({description: 'Why it is not met, each a sentence. Empty when met.'}),
});

const interval = z.tuple([z.number(), z.number()]).meta({
  description:
    'Milliseconds: the last allowed sample was sent after the first number, the first dead one received by the second.',
});

const inForceAfter = z.number().optional().meta({
  description: 'Milliseconds from when the call had come back until the system told that it is done',
});

const samples = z.strictObject({
  allowed: z.number(),
  denied: z.number(),
  unreachable: z.number(),
  indeterminate: z.number(),
  skipped: z.number(),
});

const afterRollback = z.enum(['allowed', 'denied', 'unreachable', 'indeterminate', 'not-asked']);

const flip = z.strictObject({
  deadAt: z.string(),
  allowedAt: z.string().meta({description: 'When the first allowed answer after that came'}),
  allowedAfterMs: z.number(),
  deadAgainAt: z.string().optional().meta({description: 'When the first dead answer after that came'}),
  allowedForMs: z.number().optional(),
  stayedDead: z.boolean().meta({description: 'Whether it was dead from then on, to the end of settle'}),
});

const access = z.strictObject({
  surface: z.enum(['dead', 'disarmed', 'draining', 'survives', 'unobservable', 'unproven']),
  deniedAfterMs: interval.nullable(),
  afterStep: z.strictObject({step: z.string(), deniedAfterMs: interval}).optional(),
  diedIn: z.strictObject({step: z.string(), deniedAfterMs: interval}).optional().meta({
    description:
      'The step that was started last when it was first seen dead, and how long after its start. What a step before it did may have been in force only then',
  }),
  limitMs: z.number(),
  afterRollback,
  resurrectedAt: z.string().optional(),
  flips: z.array(flip).optional().meta({
    description: 'Each time before rollback at which it was allowed again after it had been dead',
  }),
  until: z.string().optional().meta({
    description: 'When what was still alive (draining, disarmed, unobservable) ends by itself, as its system said',
  }),
  samples,
});

const draining = z.strictObject({
  operation: z.string(),
  what: z.string(),
  from: z.string(),
  until: z.string(),
});

const event = z.strictObject({
  system: z.string(),
  time: z.string().meta({description: "By that system's clock"}),
  operation: z.string(),
  path: z.string(),
  effect: z.string(),
  phase: z.string(),
  accessor: z.string().optional().meta({description: 'Of the credential that did it, as the record writes it'}),
  displayName: z.string().optional().meta({description: 'A label, which anybody may forge'}),
  remoteAddress: z.string().optional(),
  knownBy: z.string().optional().meta({description: 'By what it is known who did it'}),
  followedBy: z
    .array(z.strictObject({dependent: z.string(), afterMs: z.number()}))
    .default([])
    .meta({description: 'Dependents that were down then and came back after it'}),
});

const moment = z.strictObject({
  at: z.string(),
  kind: z.enum(['somebody', 'declared', 'manual-step', 'restarted', 'down', 'recovered']),
  subject: z.string(),
  what: z.string(),
});

/** `result.json`: what a run came to, for scripts. New fields may come; what is here stays. */
export const resultSchema = z.strictObject({
  version: z.literal(1),
  target: z.enum(['real', 'emulator']),
  run: z.string(),
  drill: z.strictObject({name: z.string(), sha256: z.string()}),
  integration: z.string(),
  environment: z.string(),
  until: z.literal('baseline').optional().meta({description: 'The run was to stop after this phase.'}),
  restores: z
    .literal(true)
    .optional()
    .meta({description: 'Only rollbacks were run. The exit code says whether everything is back; there is no pass.'}),
  status: z.enum(['completed', 'aborted', 'interrupted']),
  verdict: z.enum(['pass', 'fail', 'inconclusive']),
  exitCode: z.number().int(),
  startedAt: z.string(),
  finishedAt: z.string(),
  reconciledAt: z.string().optional().meta({
    description: 'When audit records that come in late were read again, after the end of the run',
  }),
  criteria: z.strictObject({
    baseline: criterion,
    shutdown: criterion,
    'access-removed': criterion,
    'dependents-unharmed': criterion,
    'no-manual-recovery': criterion,
    restored: criterion,
    evidence: criterion,
  }),
  access: z.record(z.string(), access),
  dependents: z.record(
    z.string(),
    z.strictObject({
      availability: z.number().nullable(),
      longestOutageMs: z.number(),
      restarts: z.number(),
      samples,
    }),
  ),
  steps: z.array(
    z.strictObject({
      id: z.string(),
      uses: z.string(),
      status: z.enum(['succeeded', 'failed', 'in-doubt', 'not-started']),
      attempts: z.number(),
      startedAt: z.string().optional(),
      finishedAt: z.string().optional(),
      inForceAfterMs: inForceAfter,
      rollback: z.enum(['succeeded', 'failed', 'not-needed', 'not-started']),
      rollbackInForceAfterMs: inForceAfter,
    }),
  ),
  manualRecovery: z.strictObject({
    state: z.enum(['none', 'declared', 'detected', 'unproven']),
    events: z
      .array(event)
      .meta({description: 'Changes in scope, hand-outs and restarts by others than the run and the workloads'}),
    declared: z
      .array(z.strictObject({by: z.string(), reason: z.string(), at: z.string(), reportedAt: z.string()}))
      .default([])
      .meta({description: 'What somebody said to have done, with `offdrill intervene`'}),
    manualSteps: z
      .array(
        z.strictObject({
          step: z.string(),
          instruction: z.string(),
          by: z.string(),
          at: z.string(),
          tookMs: z.number().meta({description: 'From the question to the answer'}),
        }),
      )
      .default([])
      .meta({description: 'What the drill has people do'}),
    witnessed: z.array(event).default([]).meta({description: "Others' reads of what may be a secret in scope"}),
    refused: z.array(event).default([]).meta({description: "Others' attempts in scope that were refused"}),
    recoveredAfterMs: z.number().nullable().default(null).meta({
      description: 'From the start of rollback until all worked again, where nobody helped',
    }),
    timeline: z
      .array(moment)
      .default([])
      .meta({description: "What others did and what dependents went through, by the run's own clock"}),
    blind: z.array(z.strictObject({system: z.string(), why: z.string()})),
    audited: z.array(z.strictObject({system: z.string(), entries: z.number(), completeTo: z.string().optional()})),
  }),
  draining: z
    .array(draining)
    .meta({description: 'What ended by itself and was waited for, and what the run left to end by itself.'}),
  troubles: z
    .array(z.string())
    .meta({description: 'What went wrong on the way and did not stop the run, each a sentence.'}),
  left: z.array(z.string()).meta({description: 'What is left to do by hand, when a rollback failed.'}),
});

export type RunResult = z.infer<typeof resultSchema>;
export type CriterionName = keyof RunResult['criteria'];
export type Criterion = RunResult['criteria']['baseline'];
export type LedgerEvent = RunResult['manualRecovery']['events'][number];
export type AccessResult = RunResult['access'][string];
export type Draining = RunResult['draining'][number];
export type DependentResult = RunResult['dependents'][string];
