/** What a check is: a question with an answer and, where something is wrong, how to mend it. */
import type { Context } from '../../context.ts';

export type Status = 'ok' | 'warning' | 'failed' | 'skipped';

export interface Finding {
  status: Status;
  detail: string;
  /** What the operator should do: a sentence, ideally with a command. */
  mend?: string | undefined;
}

export interface DoctorOptions {
  /** Origin of the edge. */
  edge?: string;
}

export interface Check {
  name: string;
  /** Checks that have to hold before this one makes sense. */
  needs?: readonly string[];
  /** A GoblinError that it throws is a finding too: failed, with the error's hint. */
  run(context: Context, options: DoctorOptions): Promise<Finding>;
}

export const ok = (detail: string): Finding => ({ status: 'ok', detail });
export const skipped = (detail: string): Finding => ({ status: 'skipped', detail });
export const warning = (detail: string, mend: string): Finding => ({
  status: 'warning',
  detail,
  mend,
});
export const failed = (detail: string, mend: string): Finding => ({
  status: 'failed',
  detail,
  mend,
});
