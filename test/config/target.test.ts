import { describe, expect, it } from 'vitest';
import { decideTarget } from '../../src/config/target.ts';
import { fakeMachine, STORED_LOGIN, WRANGLER } from './fake-machine.ts';

const ANSWER = '{"type":"oauth","token":"t"}';

/**
 * Flags, variables and what else the machine has, each as words: `tty` a terminal, `wrangler` one that
 * is installed, `store` its stored login, `login` both and wrangler telling the token.
 */
async function decide(flags: string, variables: string, has: string) {
  const words = has.split(' ');
  const login = words.includes('login');
  const machine = fakeMachine({
    env: Object.fromEntries(new URLSearchParams(variables.replaceAll(' ', '&'))),
    interactive: words.includes('tty'),
    disk: {
      ...(login || words.includes('wrangler') ? WRANGLER : {}),
      ...(login || words.includes('store') ? STORED_LOGIN : {}),
    },
    ...(login ? { answer: { ok: true, stdout: ANSWER } } : {}),
  });
  const [local, remote] = ['--local', '--remote'].map((flag) => flags.includes(flag));
  const { kind, origin } = await decideTarget({ local, remote }, machine);
  return `${kind} by ${origin}${machine.ran.length > 0 ? ', having run wrangler' : ''}`;
}

const TOKEN = 'CLOUDFLARE_API_TOKEN=tok';
const KEY = 'CLOUDFLARE_API_KEY=key CLOUDFLARE_EMAIL=ops@example.com';
const BY_KEY = 'remote by CLOUDFLARE_API_KEY with CLOUDFLARE_EMAIL';
const BY_TERMINAL = 'local by a terminal and no API token';
const BY_LOGIN = 'remote by wrangler auth token, having run wrangler';

describe('which target a command means, and whether wrangler has to be run to know', () => {
  it.each([
    ['--local', `${TOKEN} GOBLIN_TARGET=remote`, 'login', 'local by --local'],
    ['--remote', `${TOKEN} GOBLIN_TARGET=local`, 'tty', 'remote by --remote'],
    ['--remote', '', 'login tty', 'remote by --remote, having run wrangler'],
    ['', `${TOKEN} GOBLIN_TARGET=local`, '', 'local by GOBLIN_TARGET'],
    ['', 'GOBLIN_TARGET=local', 'login', 'local by GOBLIN_TARGET'],
    ['', `${TOKEN} GOBLIN_TARGET=remote`, 'tty', 'remote by GOBLIN_TARGET'],
    ['', 'GOBLIN_TARGET=', 'tty', BY_TERMINAL],
    ['', TOKEN, 'tty', 'remote by CLOUDFLARE_API_TOKEN'],
    ['', TOKEN, 'login', 'remote by CLOUDFLARE_API_TOKEN'],
    ['', `${KEY} ${TOKEN}`, '', 'remote by CLOUDFLARE_API_TOKEN'],
    ['', KEY, '', BY_KEY],
    ['', 'CLOUDFLARE_API_KEY=key', 'tty', BY_TERMINAL],
    ['', 'CLOUDFLARE_API_TOKEN=', 'tty', BY_TERMINAL],
    ['', '', 'login', BY_LOGIN],
    ['', '', 'login tty', BY_LOGIN],
    ['', '', 'wrangler tty', BY_TERMINAL],
    ['', '', 'store tty', BY_TERMINAL],
    ['', '', 'tty', BY_TERMINAL],
  ])('[%s] [%s] [%s]: %s', async (flags, variables, has, said) => {
    expect(await decide(flags, variables, has)).toBe(said);
  });
});

describe('where no target can be told', () => {
  it.each([
    ['--local --remote', '', 'tty', 'usage', 'conflicting_options', /exclude each other/],
    ['', 'GOBLIN_TARGET=Remot', 'tty', 'usage', 'bad_target', /Did you mean remote\?/],
    ['', '', '', 'access', 'no_target', /Set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID/],
    ['', 'CLOUDFLARE_API_KEY=key', '', 'access', 'no_target', /--local/],
    ['', '', 'wrangler', 'access', 'no_target', /wrangler login/],
    ['--remote', '', 'tty', 'access', 'no_credentials', /wrangler is not installed/],
    ['--remote', '', 'wrangler tty', 'access', 'no_credentials', /it exited with 1/],
    ['', '', 'wrangler store tty', 'access', 'no_credentials', /has a login .* --local/],
    ['', 'CLOUDFLARE_API_TOKEN=a%0Ab', 'tty', 'access', 'bad_credentials', /only the token/],
  ])('[%s] [%s] [%s]: %s, %s', async (flags, variables, has, outcome, code, told) => {
    const error = await decide(flags, variables, has).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ outcome, code });
    const { message, hint } = error as { message: string; hint: string };
    expect(`${message} ${hint}`).toMatch(told);
  });
});
