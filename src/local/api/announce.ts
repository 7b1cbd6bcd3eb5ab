import type { MiddlewareHandler } from 'hono';
import { COMMAND_HEADER, printEntry } from '../request-log.ts';
import type { Api } from './bindings.ts';

/** Commands that are remembered; older ones would be announced again. */
const MOST_SEEN = 1_000;

const seen = new Set<string>();

/** Logs each command of another process with its first request. */
export const announce: MiddlewareHandler<Api> = async (c, next) => {
  if (c.env.LOG) note(c.req.header(COMMAND_HEADER));
  await next();
};

function note(header: string | undefined): void {
  const [, pid, command = ''] = /^(\d{1,10}) ([\w .-]{1,80})$/.exec(header ?? '') ?? [];
  if (!header || pid === undefined || seen.has(header)) return;
  if (seen.size >= MOST_SEEN) seen.clear();
  seen.add(header);
  printEntry({ kind: 'command', command, pid: Number(pid) });
}
