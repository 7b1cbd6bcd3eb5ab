/**
 * The main job from end to end, on throw-away state: real traffic through the edge Worker, then the
 * operator's own commands on what that left. Run it with `npm run demo`; it ends by itself and leaves
 * nothing behind.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const GOBLIN = join(ROOT, 'bin/goblin.js');
const ADMIN_TOKEN = 'demo-admin-token';
const ABUSER = '203.0.113.9';
const USERS = [
  { user_id: 'u_42', ip: '198.51.100.7' },
  { user_id: 'u_43', ip: '198.51.100.23' },
  { user_id: 'u_44', ip: '2001:db8::42' },
];

const began = Date.now();
const folder = await mkdtemp(join(tmpdir(), 'goblin-demo-'));
const env = {
  ...process.env,
  GOBLIN_TARGET: 'local',
  GOBLIN_ACTOR: 'demo',
  ...(process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: '1' } : {}),
};
let server;
try {
  await writeFile(join(folder, 'wrangler.toml'), await configWithDatabase());
  await play(await startEngine());
} finally {
  await stopEngine();
  await rm(folder, { recursive: true, force: true });
}
say(
  `Done in ${Math.round((Date.now() - began) / 1000)} s. The engine is stopped and its state removed.`,
);

/** The Worker's own configuration, with the binding of D1 that it holds as a comment. */
async function configWithDatabase() {
  const text = await readFile(join(ROOT, 'worker/wrangler.toml'), 'utf8');
  const block = /^# \[\[d1_databases\]\]\n(# .+\n)+/m;
  if (!block.test(text)) throw new Error('worker/wrangler.toml has no commented D1 binding');
  return text.replace(block, (lines) => lines.replace(/^# /gm, ''));
}

/** Starts `goblin dev` and resolves to the edge's address once it serves. */
async function startEngine() {
  say('An engine of our own: the edge Worker and the API, on this machine.');
  const args = ['dev', '--port', '0', '--var', `ADMIN_TOKEN=${ADMIN_TOKEN}`, '-o', 'ndjson'];
  server = spawn(process.execPath, [GOBLIN, ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = text(server.stderr);
  const ended = once(server, 'exit').then(async ([code]) => {
    throw new Error(`goblin dev ended with ${code} before it served: ${await said}`);
  });
  ended.catch(() => {});
  const [line] = await Promise.race([once(createInterface(server.stdout), 'line'), ended]);
  return JSON.parse(line).edge_url;
}

async function stopEngine() {
  if (!server || server.exitCode !== null) return;
  server.kill('SIGINT');
  await once(server, 'exit');
}

/** Prints a command line, runs it as an operator would, and fails where it does. */
async function goblin(line) {
  console.log(`\n${styleText('bold', `$ goblin ${line}`)}`);
  const child = spawn(process.execPath, [GOBLIN, ...line.split(' ')], {
    cwd: folder,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`goblin ${line} ended with ${code}`);
}

function say(text) {
  console.log(`\n${styleText('cyan', `▸ ${text}`)}`);
}

async function play(edge) {
  const request = (path, ip, init = {}) =>
    fetch(edge + path, { ...init, headers: { 'CF-Connecting-IP': ip, ...init.headers } });
  const statusOf = async (path, ip, init) => {
    const response = await request(path, ip, init);
    await response.arrayBuffer();
    return response.status;
  };

  say('Set up the D1 database: preferences, audit log, API usage, flags.');
  await goblin('d1 migrate --yes');

  say('Traffic: three users log in and chat, everybody reads /models, and two misbehave.');
  const tokens = await Promise.all(USERS.map((user) => logIn(user, request)));
  for (const [i, { ip }] of USERS.entries()) {
    for (const message of ['How do I brew a potion?', 'And without newts?']) {
      await statusOf('/chat', ip, {
        method: 'POST',
        headers: { authorization: `Bearer ${tokens[i]}`, 'content-type': 'application/json' },
        body: JSON.stringify({ message }),
      });
    }
    for (const path of ['/health', '/models', '/models?limit=1', '/providers']) {
      await statusOf(path, ip);
      await statusOf(path, ip);
    }
  }
  for (let i = 0; i < 3; i++) {
    await statusOf('/chat', '2001:db8::bad', {
      method: 'POST',
      headers: { authorization: 'Bearer stolen' },
    });
  }
  await statusOf('/_goblin/preferences', USERS[0].ip, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${tokens[0]}`, 'content-type': 'application/json' },
    body: JSON.stringify({ theme: 'dark', language: 'en' }),
  });
  const burst = await Promise.all(Array.from({ length: 130 }, () => statusOf('/health', ABUSER)));
  const refused = burst.filter((status) => status === 429).length;
  console.log(`  ${ABUSER} sent ${burst.length} requests: ${refused} were refused with 429.`);
  // The Worker writes behind its answers.
  await sleep(1500);

  say('Who is logged in? Tokens are shown as handles.');
  await goblin('sessions list');

  say('Switch the API off, and the edge obeys.');
  await goblin('flags set api_enabled false --yes');
  console.log(`  GET /models answers ${await until(503, () => statusOf('/models', USERS[0].ip))}`);
  await goblin('flags set api_enabled true');
  console.log(`  GET /models answers ${await until(200, () => statusOf('/models', USERS[0].ip))}`);

  say('What was blocked in the last hour?');
  await goblin('security tail --since 1h --no-follow');

  say(`Let ${ABUSER} in again.`);
  console.log(`  GET /health answers ${await statusOf('/health', ABUSER)}`);
  await goblin(`ratelimit reset ${ABUSER} --yes`);
  console.log(`  GET /health answers ${await until(200, () => statusOf('/health', ABUSER))}`);

  say('Purge a cached path with all its query strings.');
  await goblin('cache list');
  await goblin('cache purge /models --yes');

  say('What D1 keeps: preferences, who used what, and who changed what.');
  await goblin(`prefs get ${USERS[0].user_id}`);
  await goblin('usage top --by endpoint');
  await goblin('flags history api_enabled');
  await goblin('audit list -n 8');

  say('And what is stored now?');
  await goblin('shards');
}

async function logIn({ user_id, ip }, request) {
  const response = await request('/_goblin/sessions', ip, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ user_id, ttl: 3600 }),
  });
  if (response.status !== 201) throw new Error(`no session for ${user_id}: ${response.status}`);
  return (await response.json()).token;
}

/** Asks until the answer is the one to come: an edge may lag behind a change by a few seconds. */
async function until(status, ask) {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const answer = await ask();
    if (answer === status) return answer;
    if (Date.now() > deadline) throw new Error(`still ${answer} after 20 s, not ${status}`);
    await sleep(250);
  }
}
