import { expect, it } from 'vitest';
import { cacheFolder, homeFolder } from '../../src/io/home.ts';

it('is the root for a user who has none', () => {
  const none = () => {
    throw new Error('uv_os_homedir returned ENOENT');
  };
  expect(homeFolder(none)).toBe('/');
  expect(homeFolder(() => '/home/ann')).toBe('/home/ann');
});

it.each([
  [{ XDG_CACHE_HOME: '/x' }, '/x/goblin'],
  [{ XDG_CACHE_HOME: '', LOCALAPPDATA: '/l' }, '/l/goblin'],
])('a cache is where %j says', (env, folder) => {
  expect(cacheFolder(env)).toBe(folder);
});
