export function playRooms(scene: {
  /** The edge's address. */
  edge: string;
  /** Of the sessions of `u_42` and `u_43`. */
  tokens: readonly string[];
  /** Runs a command line, and resolves at its end. */
  goblin(line: string): Promise<void>;
  /** Tells what comes next. */
  say(text: string): void;
  /** Prints a line of what happens. */
  print(line: string): void;
}): Promise<void>;

export function playLimit(scene: {
  count: number;
  /** The status of one request. */
  statusOf(): Promise<number>;
  print(line: string): void;
  client: string;
}): Promise<void>;
