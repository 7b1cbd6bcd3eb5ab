/** Who runs this command, for what is recorded of changes. A name, never a secret. */
import { userInfo } from 'node:os';
import { type Machine, variable } from './machine.ts';

export interface Actor {
  name: string;
  /** Where the name came from: `--actor`, `GITHUB_ACTOR`, `git config user.email`. */
  origin: string;
}

/** Variables that name who runs a command, the operator's own first, then those of CI services. */
const VARIABLES = [
  'GOBLIN_ACTOR',
  'GITHUB_ACTOR',
  'GITLAB_USER_LOGIN',
  'BUILDKITE_BUILD_CREATOR_EMAIL',
  'CIRCLE_USERNAME',
  'BUILD_REQUESTEDFOREMAIL',
];

/** Milliseconds that git has to answer. */
const GIT_MS = 2000;
const MOST_CHARACTERS = 256;

/** `--actor`, else a variable, else git's `user.email`, else the user of the operating system. */
export async function actorOf(
  { env, cwd, run }: Pick<Machine, 'env' | 'cwd' | 'run'>,
  options: { actor?: string | undefined },
): Promise<Actor> {
  const named = (name: string, origin: string) => ({
    name: name.slice(0, MOST_CHARACTERS),
    origin,
  });
  if (options.actor) return named(options.actor, '--actor');
  for (const origin of VARIABLES) {
    const name = variable(env, origin);
    if (name !== undefined) return named(name, origin);
  }
  const git = await run('git', ['config', 'user.email'], { cwd, env, timeoutMs: GIT_MS });
  const email = git.ok ? git.stdout.trim() : '';
  return email === '' ? named(osUser(env), 'the OS user') : named(email, 'git config user.email');
}

function osUser(env: Machine['env']): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user without a name.
    return variable(env, 'USER') ?? 'unknown';
  }
}
