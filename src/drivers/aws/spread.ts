/**
 * So long a change is read back, since AWS is eventually consistent: of a key or a policy one endpoint may tell for seconds,
 * mostly, and for minutes at times, what another one does not know yet.
 */
export const spreadMs = 120_000;
