/** The user or address for which a flag is evaluated. */
import { type Command, Option } from 'commander';
import { parseIp } from '../../arguments/parse.ts';

export interface SubjectFlags {
  user?: string;
  ip?: string;
}

/** The edge evaluates by user if it knows the session, and by address otherwise. */
export function addSubjectOptions(command: Command): Command {
  return command
    .addOption(new Option('--user <id>', 'a user who is logged in').conflicts('ip'))
    .addOption(new Option('--ip <address>', 'a caller without a session').argParser(parseIp));
}

export function subjectOf({ user, ip }: SubjectFlags): string | null {
  return user ?? ip ?? null;
}
