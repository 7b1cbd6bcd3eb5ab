/** The credential is in no text, whoever echoes it, and in whatever form. */
import { describe, expect, it } from 'vitest';
import { redactor } from '../../src/api/redact.ts';
import { cases } from '../cases.ts';
import { answering, type Fault, faulty } from '../faults.ts';
import { MEMORY_ENV, memoryApi } from '../memory-api.ts';
import { run } from '../run.ts';

const TOKEN = 'v4.Zq+9_kX-7/Lm=2pT';
const encoded = encodeURIComponent(TOKEN);
const everyByte = [...Buffer.from(TOKEN)].map((byte) => `%${byte.toString(16)}`).join('');
const FORMS = [TOKEN, `Bearer ${TOKEN}`, encoded, encoded.toLowerCase(), everyByte];

const inMessage =
  (text: string, status: number): Fault =>
  (pass, init) =>
    answering({
      status,
      body: JSON.stringify({ success: false, errors: [{ code: 1, message: `no: ${text}` }] }),
    })(pass, init);

const ECHOES: [string, (text: string) => Fault][] = [
  ['a refusal', (text) => inMessage(text, 403)],
  ['a failure', (text) => inMessage(text, 500)],
  ['a failure with the status of success', (text) => inMessage(text, 200)],
  ['a content type', (text) => answering({ type: `text/${text}` })],
  ['the id of the request', (text) => answering({ headers: { 'cf-ray': text } })],
  [
    'a broken connection',
    (text) => async () => {
      throw new TypeError(`cannot send ${text}`);
    },
  ],
];

/** Each way to run each command. */
const RUNS = ['kv list', 'kv put k v --no-expire --no-metadata', 'doctor'].map((command) =>
  [
    { CLOUDFLARE_API_TOKEN: TOKEN },
    { CLOUDFLARE_API_TOKEN: '', CLOUDFLARE_API_KEY: TOKEN, CLOUDFLARE_EMAIL: 'a@b.example' },
  ].flatMap((env) => ['', ' --json', ' -v'].map((options) => ({ env, line: command + options }))),
);

/** Every run of the commands in the long suite, else one of each command, another one each time. */
const runs = (turn: number) =>
  RUNS.flatMap((ways) =>
    Array.from({ length: cases(1, ways.length) }, (_, i) => ways[(turn + i) % ways.length] ?? []),
  ).flat();

let turn = 0;

describe.each(ECHOES)('%s that echoes the credential', (_, echo) => {
  it.each(FORMS)('does not show it: %s', async (form) => {
    for (const { env, line } of runs(turn++)) {
      const { code, stdout, stderr } = await run(`${line} --namespace-id abc`, {
        env: { ...MEMORY_ENV, ...env },
        fetch: faulty(memoryApi().fetch, () => echo(form)),
      });
      expect(code).not.toBe(0);
      if (!line.startsWith('doctor')) expect(stderr).toContain('[redacted]');
      expect(stdout + stderr).not.toContain(form);
    }
  });
});

describe('redactor', () => {
  it('leaves all else as it is, and a secret too short to be one', () => {
    expect(redactor('abcdef')('abcde abcdeg')).toBe('abcde abcdeg');
    expect(redactor('a.c.e.')('abcdef a.c.e.')).toBe('abcdef [redacted]');
    expect(redactor('no')('no such key')).toBe('no such key');
  });
});
