/**
 * The client of the admin plane: `/_goblin/admin/*` at the edge, which hands each request to the live Worker.
 * It repeats what may be sent twice, and tells where a lost answer leaves open what was done.
 */
import type { HttpResponse } from '../api/http.ts';
import type { Usage } from '../api/usage.ts';
import type { Secret } from '../config/secret.ts';
import type { Setting } from '../config/setting.ts';
import { GoblinError, interrupted } from '../contract/errors.ts';
import { ADMIN_ROOT, ADMIN_VERSION, ADMIN_VERSION_HEADER, decodeAnswer } from '../live/admin.ts';
import { fieldsOf } from '../shards/summary.ts';
import { noAdminToken, notAdmin, refusedByCode, refusedByStatus } from './errors.ts';

export interface Question {
  /** GET where it is left out. */
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** What follows `ADMIN_ROOT`: each segment as it is, not encoded. */
  path: readonly string[];
  /** Undefined ones are left out. */
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: object;
  /** For a write that is the same after the second time as after the first. */
  repeatable?: boolean;
}

export interface AdminClient {
  /** Of the edge, without a slash at its end. */
  url: string;
  /**
   * Asks, and reads the fields of the answer.
   * @param read null where the fields do not fit
   * @throws {GoblinError} `no_admin_token`, `bad_admin_token`, `no_admin_route`, `no_live_worker`, `edge_unreachable`,
   *   `live_unavailable`, `bad_answer`, or the code of a room's refusal; `maybeApplied` where a write's answer is lost
   */
  ask<Answer>(question: Question, read: (fields: Fields) => Answer | null): Promise<Answer>;
}

export type Fields = Record<string, unknown>;

export interface AdminOptions {
  edge: {
    url: string;
    adminToken: Setting<Secret> | undefined;
    fetch(path: string, init?: RequestInit): Promise<HttpResponse>;
  };
  usage: Pick<Usage, 'edge.requests' | 'retries'>;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  random(): number;
  signal: AbortSignal;
}

const ATTEMPTS = 4;
/** Milliseconds before the second attempt; each later wait is twice as long. */
const FIRST_WAIT_MS = 250;

export function adminClient(options: AdminOptions): AdminClient {
  const { edge } = options;
  return {
    url: edge.url,
    async ask(question, read) {
      const fields = await repeated(options, question);
      const decoded = decodeAnswer(fields, read);
      if ('answer' in decoded) return decoded.answer;
      throw notAdmin(edge.url, decoded.error.message);
    },
  };
}

async function repeated(options: AdminOptions, question: Question): Promise<unknown> {
  const { method = 'GET', repeatable = method === 'GET' } = question;
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(options, question);
    } catch (error) {
      if (!(error instanceof GoblinError) || !error.retryable) throw error;
      if (!repeatable || attempt === ATTEMPTS) throw method === 'GET' ? error : openEnded(error);
    }
    options.usage.retries++;
    // Half of the wait by chance, so that several runs do not come back together.
    const wait = FIRST_WAIT_MS * 2 ** (attempt - 1) * (0.5 + options.random() / 2);
    await options.sleep(wait, options.signal);
    if (options.signal.aborted) throw interrupted();
  }
}

async function once({ edge, usage }: AdminOptions, question: Question): Promise<unknown> {
  const { url, adminToken } = edge;
  if (!adminToken) throw noAdminToken(url);
  const { method = 'GET', body } = question;
  const headers = {
    authorization: `Bearer ${adminToken.value.reveal()}`,
    [ADMIN_VERSION_HEADER]: String(ADMIN_VERSION),
    ...(body && { 'content-type': 'application/json' }),
  };
  usage['edge.requests']++;
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const response = await edge.fetch(pathOf(question), init);
  const json = await parsed(response, url);
  if (response.ok) return json;
  const { code, message } = fieldsOf(fieldsOf(json).error);
  const { status } = response;
  // The edge checks the secret before it asks the live Worker.
  if (status === 401 || typeof code !== 'string')
    throw refusedByStatus(url, status, adminToken.origin);
  throw refusedByCode({ url, status, code, message: `${message ?? code}` });
}

function pathOf({ path, query = {} }: Question): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  const text = search.size > 0 ? `?${search}` : '';
  return `${ADMIN_ROOT}${path.map(encodeURIComponent).join('/')}${text}`;
}

/** Null for what is no JSON: a page of the backend or of Cloudflare. */
async function parsed(response: HttpResponse, url: string): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (cause) {
    const details = { hint: 'Try again.', retryable: true, cause };
    throw new GoblinError('failed', 'edge_unreachable', `the answer of ${url} broke off`, details);
  }
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Codes of a connection that was never made. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

/** A write's failure: unless there was no connection, it may have been carried out. */
function openEnded(error: GoblinError): GoblinError {
  const causes = [error.cause, (error.cause as Error | undefined)?.cause];
  const isUnsent = causes.some((cause) => NEVER_SENT.has(String(fieldsOf(cause).code)));
  return isUnsent ? error : error.with({ maybeApplied: true });
}
