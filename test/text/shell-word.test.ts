import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { shellWord } from '../../src/text/shell-word.ts';

it('leaves plain keys as they are', () => {
  expect(shellWord('session:s_9f2c41ab03')).toBe('session:s_9f2c41ab03');
});

it.each(['a b', "it's", '$(reboot)', '`x`', '"', '', '*', '\\', "'"])(
  'quotes %j for sh',
  (text) => {
    const script = `printf '%s' ${shellWord(text)}`;
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(text);
  },
);
