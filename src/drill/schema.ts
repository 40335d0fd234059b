import * as z from 'zod';
import {durationField} from '../contract/fields.ts';

/** What stands here in a drill depends on the drivers: the JSON schema puts their inputs in these places. */
export type SchemaRole =
  | 'action'
  | 'rollback'
  | 'probe'
  | 'check'
  | 'capture'
  | 'audit'
  | 'connection'
  | 'guard-entry'
  | 'identity'
  | 'secret';

export const schemaRoles = z.registry<{readonly role: SchemaRole}>();

const day = 86_400_000;
/** Below this, a probe is asked more often than it can answer. */
const shortestInterval = 10;

/** Longer ones are mistakes; much longer ones overflow a timer, which then fires at once. */
const duration = durationField.refine((ms) => ms <= 7 * day, 'Expected a duration of at most 7d.');
const interval = duration.refine(
  (ms) => ms >= shortestInterval,
  `Expected a duration of at least ${shortestInterval}ms.`,
);

const namePattern = /^[a-z][a-z0-9-]*$/;
const nameRule = 'Expected a name of lower-case letters, digits and `-`, such as `orders-mcp`.';
const nameField = z.string().max(64).regex(namePattern, nameRule);
const textField = z.string().trim().min(1);
const named = <Value extends z.ZodType>(value: Value) => z.record(nameField, value);

const usesField = z
  .string()
  .regex(/^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/, 'Expected `driver/operation`, such as `vault/revoke-leases`.')
  .meta({description: 'driver/operation'});
const onField = nameField.meta({description: 'The connection it works on'});
const inputsField = z.record(z.string(), z.unknown());

const call = {uses: usesField, on: onField.optional(), with: inputsField.default({})};

const availabilityField = z
  .string()
  .regex(/^(?:100(?:\.0+)?|\d{1,2}(?:\.\d+)?)%$/, 'Expected a percentage such as `99.5%`.')
  .transform((text) => Number(text.slice(0, -1)) / 100)
  .meta({description: 'How much of the samples must be healthy: 100%, 99.5%'});

const timing = {
  every: interval.default(1000).meta({description: 'How often it is asked; 1s'}),
  timeout: interval.optional().meta({description: 'No answer by then is `unreachable`; the larger of `every` and 2s'}),
};

const check = z
  .strictObject({
    ...call,
    expect: z
      .array(z.enum(['allowed', 'denied', 'unreachable']))
      .min(1)
      .refine(canFail, 'Expected at most two states: a check that every answer meets checks nothing.')
      .default(['denied']),
    timeout: interval.optional().meta({description: 'No answer by then is `unreachable`; 2s'}),
  })
  .meta({description: 'A probe, and what it must say'})
  .register(schemaRoles, {role: 'check'});

const restarts = z
  .array(nameField)
  .default([])
  .meta({description: 'Dependents, and accesses with an `instance`, that may be restarted once'});
const instance = textField
  .optional()
  .meta({description: 'Where an answer tells which process gave it: json.startedAt, result._meta.startedAt'});
const within = duration
  .optional()
  .meta({description: 'How long the read-back may take; by default as long as the action needs, mostly 10s'});

/** `{none: why}`, another action, or only `restarts` beside the operation's own; which keys go together is checked elsewhere. */
const rollback = z
  .strictObject({
    none: textField.optional().meta({description: 'Nothing to undo, and why'}),
    ...call,
    uses: usesField.optional(),
    with: inputsField.optional(),
    within,
    check: check.optional(),
    restarts,
  })
  .register(schemaRoles, {role: 'rollback'});

const step = z
  .strictObject({id: nameField, ...call, within, check: check.optional(), rollback: rollback.optional(), restarts})
  .register(schemaRoles, {role: 'action'});

const access = z
  .strictObject({
    ...call,
    session: z.enum(['new', 'held']).default('new').meta({description: '`held`: one session, opened before shutdown'}),
    expect: z
      .array(z.enum(['denied', 'unreachable']))
      .min(1)
      .default(['denied'])
      .meta({description: 'What counts as removed'}),
    ...timing,
    'denied-within': duration.meta({
      description: 'Counted from the start of shutdown, or of the step named by `after`',
    }),
    after: nameField.optional().meta({description: 'A step'}),
    'cache-ttl': duration.optional().meta({
      description: 'For so long the application that is asked may answer from a cache of what is gone',
    }),
    instance,
  })
  .register(schemaRoles, {role: 'probe'});

const dependent = z
  .strictObject({
    ...call,
    ...timing,
    availability: availabilityField.prefault('100%'),
    instance,
  })
  .register(schemaRoles, {role: 'probe'});

const capture = z.strictObject(call).register(schemaRoles, {role: 'capture'});

/** `{blind: why}`, or a call. */
const audit = z
  .strictObject({
    blind: textField.optional().meta({description: 'Why nobody records what happens there'}),
    ...call,
    uses: usesField.optional(),
    with: inputsField.optional(),
    scope: z
      .array(textField)
      .default([])
      .meta({description: 'Further paths on which a change by somebody else counts; `*` any text, `+` one segment'}),
  })
  .register(schemaRoles, {role: 'audit'});

const secret = z
  .strictObject({
    env: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'Expected the name of an environment variable.')
      .optional(),
    file: textField.optional(),
  })
  .register(schemaRoles, {role: 'secret'});

const identity = z.record(z.string(), z.unknown()).register(schemaRoles, {role: 'identity'});

const guardEntry = z
  .looseObject({cluster: z.unknown().optional(), account: z.unknown().optional()})
  .register(schemaRoles, {role: 'guard-entry'});

const connection = z.looseObject({driver: z.string()}).register(schemaRoles, {role: 'connection'});

/** The one source for what a drill file may hold: the loader, its messages and the JSON schema come from it. */
export const drillSchema = z.strictObject({
  version: z.literal(1),
  name: nameField,
  title: textField.meta({description: 'The claim that the drill tests'}),
  integration: z
    .strictObject({
      name: nameField,
      owner: textField.meta({description: 'A person or team that answers'}),
      environment: textField.meta({description: 'Production is refused'}),
      identities: z.array(identity).default([]),
    })
    .meta({description: 'What is being removed'}),
  workloads: z.array(identity).default([]).meta({description: 'Identities of others that act by themselves'}),
  guard: z
    .strictObject({allow: z.array(guardEntry).min(1)})
    .meta({description: 'The only systems that this drill may touch, and who each must say it is'}),
  secrets: named(secret).default({}).meta({description: 'Where each secret is; never its value'}),
  connections: named(connection).default({}),
  capture: named(capture).default({}).meta({description: 'What the integration holds, recorded alive'}),
  access: named(access).refine(holdsSome, 'Expected at least one access.').meta({description: 'What must die'}),
  dependents: named(dependent).default({}).meta({description: 'What must live'}),
  shutdown: z.array(step).min(1).meta({description: 'The steps, in order'}),
  settle: duration.default(10_000).meta({description: 'For how long all must be dead before rollback; 10s'}),
  'restored-within': duration.default(60_000).meta({description: 'How long rollback may take to show; 60s'}),
  audit: named(audit).default({}).meta({description: 'For each connection that a step changes, and for `command`'}),
});

export type ParsedDrill = z.infer<typeof drillSchema>;

function canFail(states: readonly string[]): boolean {
  return new Set(states).size < 3;
}

function holdsSome(value: object): boolean {
  return Object.keys(value).length > 0;
}
