import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { actorOf } from '../../src/config/actor.ts';
import type { Run } from '../../src/config/run.ts';

const noGit: Run = async () => ({ ok: false, reason: 'it could not run (ENOENT)' });
const git =
  (stdout: string): Run =>
  async () => ({ ok: true, stdout });
const actor = (env: Record<string, string>, run: Run = noGit, option?: string) =>
  actorOf({ env, cwd: '/', run }, { actor: option });

describe('the actor of a change', () => {
  it('is --actor, before every variable', async () => {
    const env = { GOBLIN_ACTOR: 'b', GITHUB_ACTOR: 'c' };
    expect(await actor(env, noGit, 'a')).toEqual({ name: 'a', origin: '--actor' });
    expect(await actor(env)).toEqual({ name: 'b', origin: 'GOBLIN_ACTOR' });
  });

  it.each(['GITHUB_ACTOR', 'GITLAB_USER_LOGIN', 'BUILDKITE_BUILD_CREATOR_EMAIL'])(
    'is %s in CI, before git',
    async (origin) => {
      expect(await actor({ [origin]: 'ci' }, git('me@example.org\n'))).toEqual({
        name: 'ci',
        origin,
      });
    },
  );

  it("is git's user.email, else the user of the operating system", async () => {
    expect(await actor({ GOBLIN_ACTOR: '' }, git('me@example.org\n'))).toEqual({
      name: 'me@example.org',
      origin: 'git config user.email',
    });
    const name = userInfo().username;
    expect(await actor({}, git('\n'))).toEqual({ name, origin: 'the OS user' });
    expect(await actor({}, noGit)).toEqual({ name, origin: 'the OS user' });
  });

  it('has 256 characters at most', async () => {
    expect((await actor({ GOBLIN_ACTOR: 'x'.repeat(2_000_000) })).name).toHaveLength(256);
  });
});
