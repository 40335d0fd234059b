/**
 * What a probe may say. `allowed`: the thing worked with this credential. `denied`: the other side is alive and refused
 * this credential. `unreachable`: nobody answered. `indeterminate`: anything else, a 5xx, a 429, a protocol error.
 */
export type ObservationState = 'allowed' | 'denied' | 'unreachable' | 'indeterminate';

/** What one sample saw. Holds no body and no secret: `facts` are allow-listed by the driver. */
export type Observation = {
  readonly state: ObservationState;
  /** Stable and machine-readable: an HTTP status, a SQLSTATE, an errno, or a word of the driver's README. */
  readonly code: string;
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
  /** Changes when the observed process was restarted, where the drill says how to tell (`instance:`). */
  readonly instance?: string;
  /** True where the refusal proves by itself that something alive refused (HTTP 401 and 403): no other control is asked. */
  readonly ownControl?: boolean;
  /**
   * Why a credential that is refused is not dead. `disarmed`: it is valid, and something that can be undone stands in its way
   * (a disabled entity, a policy). `unobservable`: nobody can list or revoke it.
   */
  readonly surface?: 'disarmed' | 'unobservable';
  /** When the credential ends by itself, in milliseconds since the epoch, as the system says. */
  readonly until?: number;
};
