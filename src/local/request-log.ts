/**
 * What the engine's Workers log of requests and of commands that attach: lines of JSON behind a mark, among all else
 * that workerd prints.
 */

/** A request to the edge. */
interface RequestEntry {
  kind: 'request';
  method: string;
  /** Without the query, which may hold a ticket. */
  path: string;
  status: number;
  /** Until the response began. */
  ms: number;
  ip: string;
  /** Who answered: `backend`, `cache`, `room`, or `edge` with the code of its error. */
  by: string;
}

/** The first request to the API of a command that another process runs. */
interface CommandEntry {
  kind: 'command';
  /** As the audit log names it: `flags.set`. */
  command: string;
  pid: number;
}

export type LogEntry = RequestEntry | CommandEntry;

/** In which a command tells a running engine what it is: `<process id> <command>`. */
export const COMMAND_HEADER = 'X-Goblin-Command';

const MARK = 'goblin-log ';

/** Prints an entry, in a Worker. */
export function printEntry(entry: LogEntry): void {
  // biome-ignore lint/suspicious/noConsole: `goblin dev` reads what workerd prints.
  console.log(MARK + JSON.stringify(entry));
}

/** The entry that a line holds; undefined for any other line. */
export function parseLogLine(line: string): LogEntry | undefined {
  if (!line.startsWith(MARK)) return;
  try {
    return JSON.parse(line.slice(MARK.length)) as LogEntry;
  } catch {
    return;
  }
}

/**
 * An entry for people.
 * @param at milliseconds since 1970; shown as the time of day of this machine
 */
export function describeEntry(entry: LogEntry, at: number): string {
  const time = new Date(at).toTimeString().slice(0, 8);
  if (entry.kind === 'command') {
    const command = entry.command.replaceAll('.', ' ');
    return `${time} goblin ${command} attached (process ${entry.pid})`;
  }
  const { method, path, status, ms, ip, by } = entry;
  return `${time} ${method} ${path} ${status} ${ms} ms ${ip} ${by}`;
}
