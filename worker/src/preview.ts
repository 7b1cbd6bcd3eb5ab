/** The short form in which a message is remembered. */
import { clip } from '../../src/shards/summary.ts';
import { PREVIEW_LENGTH, READ_LENGTH } from './limits.ts';
import { redact } from './redact.ts';

/** The beginning of a message on one line, with secrets, e-mail addresses and card numbers taken out. */
export function previewOf(message: string): string {
  const text = redact(message.slice(0, READ_LENGTH)).replace(/\s+/g, ' ').trim();
  return clip(text, PREVIEW_LENGTH);
}
