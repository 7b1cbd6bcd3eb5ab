/** Questions to the operator; the only file that knows clack. Asked on stderr, for stdout is data. */
import type { Readable, Writable } from 'node:stream';
import { confirm as ask, isCancel, text } from '@clack/prompts';
import { interrupted } from '../contract/errors.ts';

export interface Prompt {
  /** A question with yes or no; no is the default. */
  confirm(question: string): Promise<boolean>;
  /** For what cannot be undone: the operator types `word`. */
  confirmByTyping(question: string, word: string): Promise<boolean>;
}

/** @returns questions whose answer Ctrl-C turns into exit 130. */
export function createPrompt(
  { input, output }: { input: Readable; output: Writable },
  signal: AbortSignal,
): Prompt {
  const streams = { input, output, signal };
  return {
    async confirm(message) {
      return answered(await ask({ ...streams, message, initialValue: false }));
    },
    async confirmByTyping(message, word) {
      const typed = await text({ ...streams, message: `${message} Type ${word} to go on.` });
      return answered(typed) === word;
    },
  };
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (!isCancel(answer)) return answer as Exclude<T, symbol>;
  throw interrupted('interrupted; nothing was changed');
}
