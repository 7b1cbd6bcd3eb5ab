import type { GoblinError } from '../contract/errors.ts';
import type { Colours } from './colour.ts';
import { jsonText, visible } from './text.ts';

/**
 * An error for people: what happened, and beneath it what to do and which request it was. Messages quote
 * keys, paths and answers of others, so nothing in them reaches the terminal as a control. `stack` is told
 * where it is given.
 */
export function errorText(error: GoblinError, colours: Colours, stack?: string): string {
  const request = error.requestId && `request ${error.requestId}`;
  const below = [error.hint, request].filter((line) => line !== undefined && line !== '');
  return [
    `${colours.red('goblin:')} ${visible(error.message)}\n`,
    ...below.map((line) => `  ${visible(line ?? '')}\n`),
    ...(stack === undefined ? [] : [`${visible(stack, '\n')}\n`]),
  ].join('');
}

/**
 * An error for scripts: one line of JSON, `{"error":{code,message,hint,retryable,request_id}}`, with `stack`
 * where it is given.
 */
export function errorJson(
  { code, message, hint, retryable, requestId }: GoblinError,
  stack?: string,
): string {
  const error = {
    code,
    message,
    hint: hint ?? null,
    retryable,
    request_id: requestId ?? null,
    ...(stack === undefined ? {} : { stack }),
  };
  return `${jsonText({ error })}\n`;
}
