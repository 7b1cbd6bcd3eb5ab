/** `/_goblin/admin/…`: the edge checks the bearer, the live Worker does the rest. */
import { ADMIN_ROOT, ADMIN_VERSION_HEADER, type AdminAnswer } from '../../src/live/admin.ts';
import { readJson } from './body.ts';
import type { Call } from './call.ts';
import { auditAdmin } from './d1/audit-admin.ts';
import { within } from './kv.ts';
import { ADMIN_PATIENCE_MS } from './limits.ts';
import { ownJson, refuse } from './refuse.ts';
import { variables } from './variables.ts';

/** Hands a request of the bearer of `ADMIN_TOKEN` to the live Worker. */
export async function answerAdmin(call: Call, method: string): Promise<Response> {
  const { request, env, path, target } = call;
  if (!env.LIVE) return refuse(call, 501, 'unavailable', 'no live Worker is bound as LIVE');
  const asked = {
    version: Number(request.headers.get(ADMIN_VERSION_HEADER) ?? 1),
    method,
    path: path.slice(ADMIN_ROOT.length),
    query: target.slice(path.length + 1),
    body: await readJson(request.body),
    ipv6_prefix: variables(env).RATE_LIMIT_IPV6_PREFIX,
  };
  const answer = await within<AdminAnswer | undefined>(
    ADMIN_PATIENCE_MS,
    env.LIVE.admin(asked),
  ).catch(() => undefined);
  auditAdmin(call, asked, answer);
  if (!answer)
    return refuse(call, 503, 'unavailable', 'the live Worker does not answer; try again');
  call.event = '';
  return ownJson(call, answer.body, answer.status);
}
