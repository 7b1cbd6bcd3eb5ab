/** `audit_logs`: what was done at the edge, by whom and from where. */
import { type AuditEntry, insertAudit } from '../../../src/tables/audit.ts';
import type { Call } from '../call.ts';
import { background } from '../kv.ts';
import { MAX_AUDIT, MAX_D1_TEXT, ONE_HOUR } from '../limits.ts';
import { oncePerName } from '../memory.ts';
import { callersClient } from '../rate-limit.ts';
import { digest } from '../token.ts';
import { newOutbox } from './outbox.ts';

/** The actor of what the bearer of `ADMIN_TOKEN` does. */
export const ADMIN = 'admin';

interface Entry extends AuditEntry {
  /** When it was done, milliseconds since 1970. */
  at: number;
}

export const auditOutbox = newOutbox<Entry>({
  kind: 'audit',
  limit: MAX_AUDIT,
  statementOf: (entries) => insertAudit(entries.map(asWritten)),
  merge: () => {},
  weightOf: () => 1,
  isUrgent: () => true,
  written: () => {},
});

let count = 0;

type Deed = Pick<AuditEntry, 'actor' | 'action'> & Partial<AuditEntry>;

/**
 * Writes an entry behind the response; nothing without a database.
 * @param token of the session that it is about: its handle becomes the target.
 */
export function audit(call: Call, deed: Deed, token?: string): void {
  if (!call.env.DB) return;
  const entry: Entry = {
    outcome: 'ok',
    ip: clean(call.ip),
    user_agent: clean(call.request.headers.get('User-Agent')),
    source: 'edge',
    at: call.now,
    ...deed,
    actor: clean(deed.actor),
  };
  const put = (target = entry.target) =>
    auditOutbox.add(call, `${count++}`, { ...entry, target: clean(target) });
  if (token === undefined) put();
  else background(call, handleOf(token).then(put));
}

const isNews = oncePerName(ONE_HOUR, MAX_AUDIT);

/** Whoever watches asks all the time: one entry an hour and client for each thing that is looked at. */
export function isFirstThisHour(call: Call, action: string): boolean {
  return isNews(`${action} ${callersClient(call)}`, call.now);
}

export function auditHealth(call: Call): void {
  const action = 'health.show';
  if (isFirstThisHour(call, action)) audit(call, { actor: ADMIN, action });
}

/** What a session is called where its token must not be: as `sessionHandle` of the CLI has it. */
async function handleOf(token: string): Promise<string> {
  return `s_${new Uint8Array(await digest(token), 0, 5).toHex()}`;
}

function clean(text: string | null | undefined): string | null {
  return text?.slice(0, MAX_D1_TEXT).toWellFormed() ?? null;
}

/** D1 notes when an entry is written. Where that is much later than it was done, the details say so. */
function asWritten({ at, details, ...entry }: Entry): AuditEntry {
  const isLate = Date.now() - at > 5000;
  const when = isLate ? { at: new Date(at) } : undefined;
  return { ...entry, details: when ? { ...(details as object), ...when } : details };
}
