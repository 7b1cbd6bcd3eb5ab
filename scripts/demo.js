/**
 * The main job from end to end, on throw-away state: real traffic through the edge Worker, then the
 * operator's own commands on what that left. Run it with `npm run demo`; it ends by itself and leaves
 * nothing behind.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import { playLimit, playRooms } from './demo-rooms.js';
import { ABUSER, GOBLIN, startWorld, USERS } from './demo-world.js';

const began = Date.now();
const env = {
  ...process.env,
  GOBLIN_TARGET: 'local',
  GOBLIN_ACTOR: 'demo',
  ...(process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: '1' } : {}),
};
say('An engine of our own: the edge Worker and the API, on this machine.');
const world = await startWorld(env, { database: true });
try {
  await play(world);
} finally {
  await world.stop();
}
say(
  `Done in ${Math.round((Date.now() - began) / 1000)} s. The engine is stopped and its state removed.`,
);

/** Prints a command line, runs it as an operator would, and fails where it does. */
async function goblin(line) {
  console.log(`\n${styleText('bold', `$ goblin ${line}`)}`);
  const child = spawn(process.execPath, [GOBLIN, ...line.split(' ')], {
    cwd: world.folder,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`goblin ${line} ended with ${code}`);
}

function say(text) {
  console.log(`\n${styleText('cyan', `▸ ${text}`)}`);
}

async function play({ edge, statusOf, traffic }) {
  say('Set up the D1 database: preferences, audit log, API usage, flags.');
  await goblin('d1 migrate --yes');

  say('Traffic: three users log in and chat, everybody reads /models, and two misbehave.');
  const tokens = await traffic();
  await statusOf('/_goblin/preferences', USERS[0].ip, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${tokens[0]}`, 'content-type': 'application/json' },
    body: JSON.stringify({ theme: 'dark', language: 'en' }),
  });
  await playLimit({
    client: ABUSER,
    count: 130,
    statusOf: () => statusOf('/health', ABUSER),
    print: console.log,
  });
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

  await playRooms({ edge, tokens, goblin, say, print: console.log });

  say('What D1 keeps: preferences, who used what, and who changed what.');
  await goblin(`prefs get ${USERS[0].user_id}`);
  await goblin('usage top --by endpoint');
  await goblin('flags history api_enabled');
  await goblin('audit list -n 8');

  say('And what is stored now?');
  await goblin('shards');
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
