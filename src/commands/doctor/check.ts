/** A check: a question with an answer and, where something is wrong, how to fix it. */
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';

export type Status = 'ok' | 'warning' | 'failed' | 'skipped';

export interface Finding {
  status: Status;
  detail: string;
  /** What the operator should do: a sentence, ideally with a command. */
  fix?: string | undefined;
}

export interface Check {
  name: string;
  /** Checks that must not have failed or been skipped. */
  needs?: readonly string[];
  /** A GoblinError that it throws is a finding too: failed, with the error's hint. */
  run(context: Context): Promise<Finding>;
}

export const ok = (detail: string): Finding => ({ status: 'ok', detail });
export const skipped = (detail: string): Finding => ({ status: 'skipped', detail });
export const warning = (detail: string, fix: string): Finding => ({
  status: 'warning',
  detail,
  fix,
});
export const failed = (detail: string, fix: string): Finding => ({
  status: 'failed',
  detail,
  fix,
});

/** A resource, or the error where it is missing, which may be fine. Other errors are thrown. */
export async function unlessMissing<T>(
  resource: Promise<T>,
  code: 'no_namespace' | 'no_database' | 'no_edge',
): Promise<T | GoblinError> {
  try {
    return await resource;
  } catch (error) {
    if (error instanceof GoblinError && error.code === code) return error;
    throw error;
  }
}
