/** Failures of this machine, recognized by the messages of Node and workerd, and what to do about each. */
import { GoblinError } from '../contract/errors.ts';
import { MINIFLARE_VERSION } from '../contract/version.ts';

interface Fault {
  says: RegExp;
  code: string;
  message: string;
  hint: string;
}

// The first that fits is shown.
const FAULTS: readonly Fault[] = [
  {
    says: /ENOSPC|EDQUOT|No space left|quota exceeded|SQLITE_FULL|disk is full/i,
    code: 'disk_full',
    message: 'the disk is full',
    hint: 'Free some space, or choose another state folder with --persist-to.',
  },
  {
    says: /\b(EROFS|EACCES|EPERM)\b|Read-only file system|Permission denied|Operation not permitted|SQLITE_READONLY|SQLITE_CANTOPEN/i,
    code: 'state_unusable',
    message: 'the state folder is not writable',
    hint: 'Make it writable for this user, or choose another one with --persist-to.',
  },
  {
    says: /\b(ENOTDIR|EEXIST|ENAMETOOLONG|ELOOP)\b/,
    code: 'state_unusable',
    message: 'the state folder cannot be made there',
    hint: 'Choose another one with --persist-to.',
  },
  {
    says: /columns? but \d+ values were supplied|has no column named|no such (table|column)/i,
    code: 'state_newer',
    message: 'a newer version of wrangler or Miniflare has changed the state',
    hint: `Update goblin and miniflare (this goblin is made for ${MINIFLARE_VERSION}), or choose another state with --persist-to.`,
  },
  {
    says: /SQLITE_(NOTADB|CORRUPT)|malformed/,
    code: 'state_damaged',
    message: 'the state is damaged',
    hint: 'Restore it or remove it; --persist-to chooses another one.',
  },
  {
    says: /Address already in use|EADDRINUSE/i,
    code: 'port_in_use',
    message: 'a port is in use',
    hint: 'Choose another one, or end the program that listens there.',
  },
  {
    says: /error while loading shared libraries|GLIBC(XX)?_[\d.]+' not found|required file not found/,
    code: 'engine_unsupported',
    message: 'this system lacks a library that workerd needs',
    hint: 'workerd runs on Linux with glibc 2.35 or newer (Debian 12, Ubuntu 22.04); use a newer system, or --remote.',
  },
  {
    says: /Unsupported platform|is needed by workerd|Exec format error|ENOEXEC|macOS.*not supported|SIGILL/,
    code: 'engine_unsupported',
    message: 'workerd does not run on this system',
    hint: 'Install miniflare on this very machine, with its optional dependencies, or use --remote.',
  },
];

/** The known fault that a message of Node or workerd belongs to. */
export function diagnose(text: string): Omit<Fault, 'says'> | undefined {
  return FAULTS.find(({ says }) => says.test(text));
}

/** What prevents the use of a state folder, in an operator's words. Other errors are given back. */
export function stateError(cause: unknown, stateDir: string): unknown {
  const code = (cause as NodeJS.ErrnoException | null)?.code;
  if (cause instanceof GoblinError || typeof code !== 'string') return cause;
  const fault = diagnose(code);
  if (!fault) return cause;
  const message = `cannot use the state folder ${stateDir}: ${fault.message} (${code})`;
  return new GoblinError('failed', fault.code, message, { hint: fault.hint, cause });
}

/** A failure of the engine, with what workerd said last. */
export function engineError(
  code: string,
  message: string,
  said: readonly string[],
  { cause, hint }: { cause?: unknown; hint: string },
): GoblinError {
  const why = cause instanceof Error ? cause.message : '';
  const fault = diagnose([message, ...said, why].join('\n'));
  const parts = [message, fault?.message, said.length > 0 && `workerd said: ${said.join(' | ')}`];
  return new GoblinError('failed', fault?.code ?? code, parts.filter(Boolean).join(': '), {
    hint: fault?.hint ?? hint,
    cause,
  });
}
