import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigFlags, loadConfig } from '../../src/config/config.ts';
import { configRows } from '../../src/config/describe.ts';
import { type Fake, fakeMachine, STORED_LOGIN, WRANGLER } from './fake-machine.ts';

const disk = {
  '/repo/worker/wrangler.toml': `
name = "edge"
account_id = "a1"
kv_namespaces = [{ binding = "GOBLIN_KV", id = "k1" }]
d1_databases = [{ binding = "DB" }, { binding = "LOG" }]
durable_objects.bindings = [{ name = "ROOM", class_name = "Room" }]
`,
};

async function rows(flags: ConfigFlags, fake: Fake) {
  const machine = fakeMachine(fake);
  const found = await configRows(loadConfig(flags, machine), machine.env);
  const shown = found.map(({ setting, value, origin, problem }) => {
    return `${setting}: ${problem === null ? `${value} (${origin})` : `! ${problem}`}`;
  });
  return { shown, ran: machine.ran };
}

describe('every setting and where it came from', () => {
  it('on a remote target', async () => {
    const { shown } = await rows({}, { env: { CLOUDFLARE_API_TOKEN: 'x'.repeat(40) }, disk });
    expect(shown).toEqual([
      'target: remote (CLOUDFLARE_API_TOKEN)',
      'credentials: token, set (40 characters) (CLOUDFLARE_API_TOKEN)',
      'account: a1 (worker/wrangler.toml account_id)',
      'cloudflare api: https://api.cloudflare.com/client/v4 (default)',
      'wrangler file: worker/wrangler.toml (nearest to the current folder)',
      'environment: null (null)',
      'worker: edge (worker/wrangler.toml name)',
      'namespace: GOBLIN_KV (k1) (worker/wrangler.toml kv_namespaces)',
      'database: DB (as deployed with edge) (worker/wrangler.toml d1_databases)',
      "edge: edge on the account's workers.dev (worker/wrangler.toml name)",
      'admin token: null (null)',
      'durable objects: ROOM (worker/wrangler.toml durable_objects)',
      'local state: /repo/worker/.wrangler/state (beside worker/wrangler.toml)',
    ]);
  });

  it('on a local target, without asking wrangler for what it does not need', async () => {
    const { shown, ran } = await rows({ local: true }, { disk: { ...WRANGLER, ...STORED_LOGIN } });
    expect(shown).toContain('target: local (--local)');
    expect(shown).toContain('credentials: null (null)');
    expect(shown).toContain('account: null (null)');
    expect(ran).toEqual([]);
  });

  it('with what is known even where no target can be told', async () => {
    const { shown } = await rows({}, { env: { CLOUDFLARE_ACCOUNT_ID: 'a2' }, disk });
    expect(shown).toContain('account: a2 (CLOUDFLARE_ACCOUNT_ID)');
    expect(shown).toContain('worker: edge (worker/wrangler.toml name)');
    expect(shown[0]).toMatch(/^target: ! no target/);
  });

  it('with what is wrong in the row it is wrong in, and the rest all the same', async () => {
    const env = { CLOUDFLARE_API_TOKEN: 'x', CLOUDFLARE_API_BASE_URL: 'http://x/' };
    const { shown } = await rows({}, { env });
    expect(shown).toEqual(
      expect.arrayContaining([
        'target: remote (CLOUDFLARE_API_TOKEN)',
        'account: ! the Cloudflare account is unknown',
        expect.stringMatching(/^cloudflare api: ! CLOUDFLARE_API_BASE_URL would send/),
        'wrangler file: null (null)',
        'namespace: ! No wrangler file was found, so the KV namespace is unknown.',
      ]),
    );
  });
});

/** Letters that no row has of its own, so that even two of them in a row are the token's. */
const secret = fc.string({ unit: fc.constantFrom(...'QXZ#%~'), minLength: 2, maxLength: 60 });

describe('no part of a secret', () => {
  it.each<[string, (text: string) => Fake]>([
    ['a token', (text) => ({ env: { CLOUDFLARE_API_TOKEN: text } })],
    ['a broken token', (text) => ({ env: { CLOUDFLARE_API_TOKEN: `${text} ${text}` } })],
    ['a key', (text) => ({ env: { CLOUDFLARE_API_KEY: text, CLOUDFLARE_EMAIL: 'a@b.c' } })],
    [
      'a login',
      (text) => ({
        disk: { ...WRANGLER, ...STORED_LOGIN },
        answer: { ok: true, stdout: JSON.stringify({ type: 'oauth', token: text }) },
      }),
    ],
    [
      'an answer of wrangler that is no login',
      (text) => ({
        disk: { ...WRANGLER, ...STORED_LOGIN },
        answer: { ok: true, stdout: JSON.stringify({ tokens: text }) },
      }),
    ],
  ])('of %s is in any row', async (_what, fake) => {
    await fc.assert(
      fc.asyncProperty(secret, async (text) => {
        const { shown } = await rows({}, fake(text));
        expect(shown.join('\n')).not.toMatch(/[QXZ#%~]{2}/);
      }),
      { numRuns: 50 },
    );
  });
});
