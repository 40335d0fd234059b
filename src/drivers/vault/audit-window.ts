import type {AuditEvent, AuditReading} from '../../contract/operation.ts';
import type {Actor, Actors} from './audit-actors.ts';
import {type AuditLine, effectOf, isError, isMint, mayReadSecret, parseLine, seenFrom} from './audit-line.ts';

import type {UnitedLine} from './unite-lines.ts';

const keptGaps = 10;

/** Reads the lines of the window, one after the other: from the answer that made the run's token to that of its own revocation. */
export class AuditWindow {
  readonly #actors: Actors;
  readonly #runAccessors: readonly string[];
  readonly #lastAccessors: readonly string[];
  readonly #nonces: readonly string[];
  readonly #namespace: string;
  /** Marks that were made and not seen yet. */
  readonly #unseenMarks: Set<string>;
  readonly #events: AuditEvent[] = [];
  readonly #gaps = new Set<string>();
  /** Requests whose answer was not seen yet, by id. */
  readonly #open = new Map<string, string>();
  /** Ids of requests that were turned away before anything was done. */
  readonly #refused = new Set<string>();
  /** Answers to the run's own calls that must be there and were not seen yet. */
  #unseenAnswers: number;
  #isLost = false;
  #phase = 'preflight';
  #lines = 0;
  #entries = 0;
  #completeTo: string | undefined;

  constructor(options: {
    readonly actors: Actors;
    /** Of every process of the run; the window begins with the first. */
    readonly runAccessors: readonly string[];
    /** Of the process that ends the run: the window ends with it, and its marks and answers must be there. */
    readonly lastAccessors: readonly string[];
    /** The last one is of the process that ends the run. */
    readonly nonces: readonly string[];
    /** Where the run works; empty for the root namespace. */
    readonly namespace: string;
    readonly marked: readonly string[];
    readonly answered: number;
  }) {
    this.#actors = options.actors;
    this.#runAccessors = options.runAccessors;
    this.#lastAccessors = options.lastAccessors;
    this.#nonces = options.nonces;
    this.#namespace = options.namespace;
    this.#unseenMarks = new Set(options.marked);
    this.#unseenAnswers = options.answered;
  }

  /** True once the run's last event and the answers to everything before it were seen. */
  get isComplete(): boolean {
    return this.#completeTo !== undefined && this.#open.size === 0;
  }

  /** True once so much is known to be missing that waiting for more does not help. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** A part of the log is not there, or may not be. */
  lose(why: string): void {
    this.#isLost = true;
    this.gap(why);
  }

  gap(why: string): void {
    if (this.#gaps.size < keptGaps) this.#gaps.add(why);
  }

  add(text: string): void {
    this.addLine([parseLine(text)]);
  }

  /** The same line as other devices wrote it, with hashes of their own, tells the same tokens by other names. */
  addLine([parsed, ...versions]: UnitedLine): void {
    const line = parsed === undefined ? undefined : seenFrom(this.#namespace, parsed);
    this.#lines += 1;
    if (this.#lines === 1 && !isMint(line, this.#runAccessors)) {
      this.gap("the run's own first event does not stand where it was");
    }
    if (line === undefined) {
      if (this.#completeTo === undefined) this.gap('a line could not be read');
      return;
    }
    const id = line.request.id ?? '';
    if (line.type === 'request') this.#addRequest(line, id);
    else this.#addResponse(line, id, this.#actorOf([line, ...versions]));
  }

  reading(): AuditReading {
    for (const path of this.#open.values()) this.gap(`a request to ${path} has no answer`);
    if (this.#completeTo === undefined) this.gap("the run's own last event was not seen");
    for (const phase of this.#unseenMarks) this.gap(`the run's mark of ${phase} was not seen`);
    if (this.#unseenAnswers > 0) this.gap(`${this.#unseenAnswers} answers to the run's own calls are missing`);
    return {
      events: this.#events,
      completeTo: this.#completeTo,
      gaps: [...this.#gaps],
      entries: this.#entries,
      knownBy: "the accessor in Vault's audit log",
    };
  }

  /** One that is refused outright says so itself, and its answer may or may not follow. */
  #addRequest(line: AuditLine, id: string): void {
    if (this.#completeTo !== undefined) return;
    this.#entries += 1;
    if (isError(line)) this.#refused.add(id);
    else this.#open.set(id, line.request.path);
  }

  /** Whom any version names; each is asked, so that the hashes of every device are learned. */
  #actorOf(versions: readonly AuditLine[]): Actor {
    const actors = versions.map((version) => this.#actors.of(version));
    return actors.find(({kind}) => kind !== 'somebody') ?? {kind: 'somebody'};
  }

  #addResponse(line: AuditLine, id: string, actor: Actor): void {
    const isOfWindow = this.#open.delete(id);
    if (this.#completeTo !== undefined && !isOfWindow) return;
    this.#entries += 1;
    this.#followPhase(line);
    const batchRole = this.#actors.namedByBatchToken(line);
    if (batchRole !== undefined) this.gap(`a batch token of ${batchRole} was used, and nothing tells by whom`);
    const effect = effectOf(line, this.#refused.delete(id));
    const event = this.#eventOf(line, effect, actor);
    if (event !== undefined) this.#events.push(event);
    if (!this.#lastAccessors.includes(line.auth?.accessor ?? '')) return;
    if (line.request.path !== 'auth/token/revoke-self') this.#unseenAnswers -= 1;
    else if (effect !== 'refused') this.#completeTo = line.time;
  }

  /** Only the run's own marks count: anybody may read a path of that name. */
  #followPhase({request, auth}: AuditLine): void {
    const mark = /^cubbyhole\/offdrill-([a-z]+)-([0-9a-f]+)$/.exec(request.path);
    const [, phase, nonce] = mark ?? [];
    if (phase === undefined || nonce === undefined) return;
    if (!this.#nonces.includes(nonce) || !this.#isRun(auth?.accessor)) return;
    this.#phase = phase;
    if (nonce === this.#nonces.at(-1)) this.#unseenMarks.delete(phase);
  }

  #isRun(accessor: string | undefined): boolean {
    return accessor !== undefined && this.#runAccessors.includes(accessor);
  }

  #eventOf(line: AuditLine, seen: AuditEvent['effect'], actor: Actor): AuditEvent | undefined {
    const effect = effectFor(actor, seen, line);
    if (actor.kind === 'run' || isMint(line, this.#runAccessors)) return undefined;
    const accessor = line.auth?.accessor ?? line.response?.auth?.accessor;
    const isSomebody = actor.kind === 'somebody';
    if (effect === 'use' && actor.kind !== 'integration' && !(isSomebody && mayReadSecret(line))) return undefined;
    // A request without any credential that was refused changed nothing, and could have been anybody's, the run's too.
    if (effect === 'refused' && accessor === undefined) return undefined;
    const {operation, path, remote_address: remoteAddress} = line.request;
    const displayName = line.auth?.display_name ?? line.response?.auth?.display_name;
    return {
      time: line.time,
      operation,
      path,
      ...(accessor === undefined ? {} : {accessor}),
      ...(displayName === undefined ? {} : {displayName}),
      ...(remoteAddress === undefined ? {} : {remoteAddress}),
      actor,
      effect: effect === 'use' && isSomebody ? 'read' : effect,
      phase: this.#phase,
    };
  }
}

/** To renew what is one's own is no change; to renew what may be another's keeps that alive. */
function effectFor(actor: Actor, effect: AuditEvent['effect'], {request}: AuditLine): AuditEvent['effect'] {
  const isOwn = request.path === 'auth/token/renew-self' || actor.kind !== 'somebody';
  return effect === 'renewal' && !isOwn ? 'change' : effect;
}
