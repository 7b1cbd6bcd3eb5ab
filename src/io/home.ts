import { homedir } from 'node:os';
import { join } from 'node:path';

/** The user's home; the root where there is none, as for a user of a container whom no file names. */
export function homeFolder(ask: () => string = homedir): string {
  try {
    return ask();
  } catch {
    return '/';
  }
}

/** Where goblin keeps what it could find out again; it may be deleted at any time. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = env;
  return join(XDG_CACHE_HOME || LOCALAPPDATA || join(homeFolder(), '.cache'), 'goblin');
}
