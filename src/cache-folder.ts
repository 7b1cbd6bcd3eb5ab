import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where goblin keeps what it could find out again; it may be deleted at any time. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = env;
  return join(XDG_CACHE_HOME || LOCALAPPDATA || join(homedir(), '.cache'), 'goblin');
}
