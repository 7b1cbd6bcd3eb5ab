import { usageError } from '../contract/errors.ts';

/** The origin of an edge, without a slash at its end: `https://edge.example.com`. @throws {GoblinError} `bad_url` */
export function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isBare = url !== null && url.href === `${url.origin}/`;
  if (isBare && /^https?:$/.test(url.protocol)) return url.origin;
  throw usageError(
    'bad_url',
    `"${text}" is not a valid address of an edge`,
    'Write scheme and host alone: https://edge.example.com.',
  );
}
