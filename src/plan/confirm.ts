/** The question before anything is destroyed. */
import type { Context } from '../context.ts';
import { GoblinError } from '../contract/errors.ts';

export interface Question {
  /** What would be done: "revoke 3 sessions". */
  heading: string;
  /** For what takes everything: a word that the operator has to type, not just a yes. */
  severe?: string | undefined;
  /** Shows on stderr what it is about, before it is asked. */
  show(): Promise<void>;
}

/**
 * Asks whether to go on, and names the target: "Revoke 3 sessions on production (remote, GOBLIN_KV)?".
 * @throws {GoblinError} `not_confirmed`, exit 6, for any answer but yes, and without a terminal to ask on
 */
export async function confirm(
  context: Context,
  { heading, severe, show }: Question,
  { yes = false }: { yes?: boolean },
): Promise<void> {
  if (yes) return;
  const prompt = await context.prompt();
  if (prompt === null) throw notAsked(heading);
  await context.announceTarget();
  await show();
  const place = await (await context.config()).place();
  const question = `${capital(heading)} on ${place}?`;
  const isConfirmed = severe
    ? await prompt.confirmByTyping(question, severe)
    : await prompt.confirm(question);
  if (isConfirmed) return;
  throw new GoblinError('unconfirmed', 'not_confirmed', 'not confirmed; nothing was changed');
}

function notAsked(heading: string): GoblinError {
  const message = `this would ${heading}; nothing was changed`;
  return new GoblinError('unconfirmed', 'not_confirmed', message, {
    hint: 'Pass --yes to do it without a question, or --dry-run to see it.',
  });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
