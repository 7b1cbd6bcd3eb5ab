/** An engine with both Workers, users who are in rooms, and command lines that reach its admin plane. */
import WebSocket from 'ws';
import { NAMESPACES, startTestEngine, type TestEngine } from '../../engine.ts';
import { type RunOptions, run } from '../../run.ts';

const ADMIN_TOKEN = 'correct-horse-battery-staple';

export interface LiveEngine extends TestEngine {
  goblin(line: string | readonly string[], options?: RunOptions): ReturnType<typeof run>;
  /** @returns the token of a new session */
  logIn(user: string): Promise<string>;
  /** Puts a user into a room. @returns the socket, once the room has welcomed it */
  enter(room: string, user: string): Promise<Entered>;
}

export interface Entered {
  /** The close code, once the socket is closed. */
  closed: Promise<number>;
  /** Resolves when a frame came whose text fits. */
  hears(pattern: RegExp): Promise<void>;
  leave(): void;
}

/** Bundles to run in place of the built Workers. */
interface Scripts {
  edgeScript?: string;
  liveScript?: string;
}

/** @param stateDir a state to go on with */
export async function startLiveEngine(
  stateDir?: string,
  { edgeScript: script, liveScript }: Scripts = {},
): Promise<LiveEngine> {
  const kv = NAMESPACES[0]?.id ?? '';
  const vars = { ADMIN_TOKEN, KV_WRITES_PER_DAY: '1000000000' };
  const engine = await startTestEngine({
    ...(stateDir !== undefined && { stateDir }),
    edge: {
      name: 'goblin-edge',
      kv: { GOBLIN_KV: kv },
      vars,
      script,
      live: { kv, script: liveScript },
    },
  });
  const env = { GOBLIN_EDGE_URL: String(engine.edgeUrl), GOBLIN_ADMIN_TOKEN: ADMIN_TOKEN };
  return {
    ...engine,
    goblin: (line, options = {}) =>
      run(line, { engine, ...options, env: { ...env, ...options.env } }),
    logIn: (user) => logIn(engine, user),
    enter: async (room, user) => entered(engine, room, await logIn(engine, user)),
  };
}

async function logIn({ edgeUrl }: TestEngine, user_id: string): Promise<string> {
  const response = await fetch(`${edgeUrl}/_goblin/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    body: JSON.stringify({ user_id, ttl: 3600 }),
  });
  const { token } = (await response.json()) as { token: string };
  return token;
}

async function entered({ edgeUrl }: TestEngine, room: string, token: string): Promise<Entered> {
  const url = `${edgeUrl?.replace('http', 'ws')}/rooms/${encodeURIComponent(room)}`;
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
  const frames: string[] = [];
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.on('message', (data) => {
    frames.push(String(data));
    socket.emit('heard');
  });
  const hears = (pattern: RegExp) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!frames.some((frame) => pattern.test(frame))) return;
        socket.off('heard', look);
        resolve();
      };
      socket.on('heard', look);
      look();
    });
  socket.send(JSON.stringify({ type: 'hello', version: 1, client: 'test' }));
  await hears(/"welcome"/);
  return { closed, hears, leave: () => socket.close() };
}
