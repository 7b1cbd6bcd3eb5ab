/**
 * A world for the demo and for the picture in the README: the edge Worker and the API on throw-away state, and the
 * traffic of three users and two who misbehave. It needs a build.
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

const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const GOBLIN = join(ROOT, 'bin/goblin.js');
const ADMIN_TOKEN = 'demo-admin-token';
/** Sends more requests than it may. */
export const ABUSER = '203.0.113.9';
export const USERS = [
  { user_id: 'u_42', ip: '198.51.100.7' },
  { user_id: 'u_43', ip: '198.51.100.23' },
  { user_id: 'u_44', ip: '2001:db8::42' },
];

/**
 * @param env the variables of `goblin dev`
 * @param database whether the wrangler file binds a D1 database
 */
export async function startWorld(env, { database = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'goblin-demo-'));
  await writeFile(join(folder, 'wrangler.toml'), await wranglerFile(database));
  const args = ['dev', '--port', '0', '--var', `ADMIN_TOKEN=${ADMIN_TOKEN}`, '-o', 'ndjson'];
  const server = spawn(process.execPath, [GOBLIN, ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = async () => {
    if (server.exitCode === null) {
      server.kill('SIGINT');
      await once(server, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const edge = await edgeOf(server);
    return {
      edge,
      folder,
      stop,
      statusOf: (...visit) => statusOf(edge, ...visit),
      traffic: () => traffic(edge),
      misuse: () => misuse(edge),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The Worker's own configuration, with or without the binding of D1 that it holds as a comment. */
async function wranglerFile(database) {
  const text = await readFile(join(ROOT, 'worker/wrangler.toml'), 'utf8');
  if (!database) return text;
  const block = /^# \[\[d1_databases\]\]\n(# .+\n)+/m;
  if (!block.test(text)) throw new Error('worker/wrangler.toml has no commented D1 binding');
  return text.replace(block, (lines) => lines.replace(/^# /gm, ''));
}

/** The edge's address, once it serves. */
async function edgeOf(server) {
  const said = text(server.stderr);
  const ended = once(server, 'exit').then(async ([code]) => {
    throw new Error(`goblin dev ended with ${code} before it served: ${await said}`);
  });
  ended.catch(() => {});
  const [line] = await Promise.race([once(createInterface(server.stdout), 'line'), ended]);
  return JSON.parse(line).edge_url;
}

const request = (edge, path, ip, init = {}) =>
  fetch(edge + path, { ...init, headers: { 'CF-Connecting-IP': ip, ...init.headers } });

async function statusOf(edge, path, ip, init) {
  const response = await request(edge, path, ip, init);
  await response.arrayBuffer();
  return response.status;
}

/**
 * Three users log in and chat, everybody reads /models, and somebody tries a stolen token.
 * @returns the users' tokens
 */
async function traffic(edge) {
  const tokens = await Promise.all(USERS.map((user) => logIn(edge, user)));
  for (const [i, { ip }] of USERS.entries()) {
    for (const message of ['How do I brew a potion?', 'And without newts?']) {
      await statusOf(edge, '/chat', ip, {
        method: 'POST',
        headers: { authorization: `Bearer ${tokens[i]}`, 'content-type': 'application/json' },
        body: JSON.stringify({ message }),
      });
    }
    for (const path of ['/health', '/models', '/models?limit=1', '/providers']) {
      await statusOf(edge, path, ip);
      await statusOf(edge, path, ip);
    }
  }
  for (let i = 0; i < 3; i++) {
    await statusOf(edge, '/chat', '2001:db8::bad', {
      method: 'POST',
      headers: { authorization: 'Bearer stolen' },
    });
  }
  return tokens;
}

/** The same, and a burst from the abuser. Resolves once it is stored. */
async function misuse(edge) {
  await traffic(edge);
  await Promise.all(Array.from({ length: 130 }, () => statusOf(edge, '/health', ABUSER)));
  // The Worker writes behind its answers.
  await sleep(1500);
}

async function logIn(edge, { user_id, ip }) {
  const response = await request(edge, '/_goblin/sessions', ip, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ user_id, ttl: 3600 }),
  });
  if (response.status !== 201) throw new Error(`no session for ${user_id}: ${response.status}`);
  return (await response.json()).token;
}
