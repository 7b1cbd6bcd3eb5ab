/**
 * Makes the picture of a terminal in the README, `docs/terminal.svg`, and the first block of the README, from what
 * goblin says on a real terminal after the demo's traffic: `npm run docs:picture`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { spawn } from '@lydell/node-pty';
import { GOBLIN, startWorld } from './demo-world.js';
import { terminalSvg } from './terminal-svg.js';

const COLUMNS = 90;
const LINES = [
  'security tail --since 1h --no-follow',
  'sessions list',
  'flags set new_ui_enabled 25 --for 30m',
  'ratelimit reset 203.0.113.9 --yes',
];

const env = { ...process.env, GOBLIN_TARGET: 'local', TZ: 'UTC', TERM: 'xterm-256color' };
for (const name of ['NO_COLOR', 'FORCE_COLOR', 'CI']) delete env[name];

const world = await startWorld(env);
try {
  await world.misuse();
  const screens = [];
  for (const line of LINES) screens.push(`\x1b[1m$ goblin ${line}\x1b[0m\n${await shown(line)}`);
  await writeFile(
    'docs/terminal.svg',
    terminalSvg(screens.join('\n'), COLUMNS, `goblin in a terminal: ${LINES.join('; ')}`),
  );
  await writeReadme(screens[0] ?? '');
} finally {
  await world.stop();
}

/** What a command shows on a terminal. */
function shown(line) {
  return new Promise((resolve, reject) => {
    const options = { cols: COLUMNS, rows: 40, cwd: world.folder, env };
    const terminal = spawn(process.execPath, [GOBLIN, ...line.split(' ')], options);
    let text = '';
    terminal.onData((data) => {
      text += data;
    });
    terminal.onExit(({ exitCode }) => {
      if (exitCode === 0) resolve(text.replace(/\r/g, ''));
      else reject(new Error(`goblin ${line} ended with ${exitCode}: ${text}`));
    });
  });
}

async function writeReadme(screen) {
  const plain = screen.replace(/\x1b\[[\d;?]*[A-Za-z]/g, '').trimEnd();
  const readme = await readFile('README.md', 'utf8');
  await writeFile(
    'README.md',
    readme.replace(/^```\n\$ goblin [\s\S]*?^```$/m, () => `\`\`\`\n${plain}\n\`\`\``),
  );
}
