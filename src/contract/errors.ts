/**
 * What can go wrong, as types. Code throws what happened; `main.ts` alone turns it into an exit code
 * and a message, so no other file knows either.
 */

/** Exit codes of the contract with scripts, in the order `goblin help exit-codes` prints them. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  access: 4,
  partial: 5,
  unconfirmed: 6,
  quota: 7,
  difference: 8,
  interrupted: 130,
} as const;

export type Outcome = keyof typeof EXIT;

export interface Details {
  /** What the operator should do next: one sentence, ideally a command to run. */
  hint?: string | undefined;
  /** Whether the same command may succeed when run again unchanged. */
  retryable?: boolean | undefined;
  /** Cloudflare's `cf-ray`, for a support ticket. */
  requestId?: string | undefined;
  /** Whether a write may have been applied although it failed: its answer was lost or malformed. */
  maybeApplied?: boolean | undefined;
  cause?: unknown;
}

/** What `GoblinError.with` may replace. */
type Changes = Omit<Details, 'cause'> & { outcome?: Outcome; message?: string };

/**
 * An error that the operator is shown as it stands: what happened and why in `message`, what to do next in
 * `hint`. `code` is a stable word for scripts (`key_not_found`, `bad_duration`).
 */
export class GoblinError extends Error {
  override readonly name = 'GoblinError';
  readonly outcome: Outcome;
  readonly code: string;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly requestId: string | undefined;
  readonly maybeApplied: boolean;

  constructor(outcome: Outcome, code: string, message: string, details: Details = {}) {
    super(message, { cause: details.cause });
    this.outcome = outcome;
    this.code = code;
    this.hint = details.hint;
    this.retryable = details.retryable ?? false;
    this.requestId = details.requestId;
    this.maybeApplied = details.maybeApplied ?? false;
  }

  /** The same error with some of it replaced; this one becomes its cause. */
  with(changes: Changes): GoblinError {
    const { hint, retryable, requestId, maybeApplied } = this;
    const { outcome = this.outcome, message = this.message, ...details } = changes;
    const kept = { hint, retryable, requestId, maybeApplied };
    return new GoblinError(outcome, this.code, message, { ...kept, ...details, cause: this });
  }
}

/** Ctrl-C: exit 130. The message tells what was done by then, where something was. */
export function interrupted(message = 'interrupted', cause?: unknown): GoblinError {
  return new GoblinError('interrupted', 'interrupted', message, { cause });
}

/** Bad input from the command line: exit 2. */
export function usageError(code: string, message: string, hint?: string): GoblinError {
  return new GoblinError('usage', code, message, { hint });
}

/** An error of a single write, which says so where the write may have been applied. Others are given back. */
export function unconfirmed(error: unknown): unknown {
  if (!(error instanceof GoblinError) || !error.maybeApplied) return error;
  const { outcome, message } = error;
  return error.with({
    outcome: outcome === 'interrupted' ? outcome : 'failed',
    message: `${message}; the write may or may not have been applied`,
    hint: 'Look at what is stored before you run the command again.',
  });
}
