/**
 * Splits SQL text into its statements. D1 runs one statement at a time, and a text may hold many: a file of
 * migrations, a dump. The text is read by SQLite's own lexical rules
 * (https://www.sqlite.org/lang_keywords.html, tokenize.c), and the end of a trigger is found as
 * `sqlite3_complete` finds it: a trigger ends at `; END ;`, and no `CASE … END` can look like that.
 */

/** SQLite's own idea of space: any other is a character of a name. A byte order mark is skipped as space. */
const SPACE = /[ \t\n\f\r\ufeff]/;
const WORD = /[\w$\u0080-\uffff]/;
const QUOTES: Readonly<Record<string, string>> = { "'": "'", '"': '"', '`': '`', '[': ']' };

/**
 * The statements of `sql` in order, each without the semicolon that ends it and without space around it.
 * Comments stay with the statement that follows them; what is only space and comments is left out.
 */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let scan = new StatementScan();
  for (let at = 0; at < sql.length; ) {
    const end = tokenEnd(sql, at);
    if (scan.endsAt(sql.slice(at, Math.min(end, at + LONGEST_KEYWORD)), at, end)) {
      if (scan.end > 0) statements.push(sql.slice(scan.start, scan.end));
      scan = new StatementScan();
    }
    at = end;
  }
  if (scan.end > 0) statements.push(sql.slice(scan.start, scan.end));
  return statements;
}

/** Enough of a token to tell the keywords apart from longer words. */
const LONGEST_KEYWORD = 'TEMPORARY'.length + 1;

/** How far into a statement the reading is, as far as that decides where the statement ends. */
class StatementScan {
  /** Where its first comment or token begins, and where its last token ends: 0 while there is none. */
  start = -1;
  end = 0;
  /** The first words, up to the one that tells whether this creates a trigger. */
  private head: string[] = [];
  private trigger: boolean | undefined;
  /** What the text since the last semicolon says of the end of a trigger. */
  private tail: 'body' | 'semicolon' | 'end' = 'body';

  /** Takes the next token and its place. @returns whether it is the semicolon that ends the statement */
  endsAt(token: string, start: number, end: number): boolean {
    if (SPACE.test(token[0] as string)) return false;
    if (token === ';' && this.semicolon()) return true;
    if (this.start < 0) this.start = start;
    if (token === ';' || token.startsWith('--') || token.startsWith('/*')) return false;
    this.end = end;
    const word = token.toUpperCase();
    if (this.trigger === undefined) this.readHead(word);
    this.tail = this.tail === 'semicolon' && word === 'END' ? 'end' : 'body';
    return false;
  }

  private semicolon(): boolean {
    if (this.trigger !== true || this.tail === 'end') return true;
    this.tail = 'semicolon';
    return false;
  }

  private readHead(word: string): void {
    this.head.push(word);
    const head = this.head.join(' ');
    if (/^(EXPLAIN( QUERY( PLAN)?)? ?)?(CREATE( TEMP(ORARY)?)?)?$/.test(head)) return;
    this.trigger = word === 'TRIGGER' && this.head.includes('CREATE');
  }
}

/** Where the token that begins at `at` ends. What is not closed goes on to the end of the text. */
function tokenEnd(sql: string, at: number): number {
  const first = sql[at] as string;
  const quote = QUOTES[first];
  if (quote) return after(sql, quote, at + 1);
  if (sql.startsWith('--', at)) return after(sql, '\n', at + 2);
  if (sql.startsWith('/*', at)) return after(sql, '*/', at + 2);
  if (/[$@#:]/.test(first)) return parameterEnd(sql, at);
  if (SPACE.test(first)) return skip(sql, SPACE, at);
  return WORD.test(first) ? skip(sql, WORD, at) : at + 1;
}

/** Two quotes in a row, which stand for one, read as two strings side by side: the end is the same. */
function after(sql: string, mark: string, from: number): number {
  const found = sql.indexOf(mark, from);
  return found < 0 ? sql.length : found + mark.length;
}

function skip(sql: string, kind: RegExp, from: number): number {
  let at = from + 1;
  while (at < sql.length && kind.test(sql[at] as string)) at++;
  return at;
}

/** `:name`, `@name`, and Tcl's `$name::part(suffix)`, whose suffix may hold anything but space. */
function parameterEnd(sql: string, at: number): number {
  const name = /[$@#:](?:[\w$\u0080-\uffff]|::)*(?:\([^ \t\n\f\r)]*\)?)?/y;
  name.lastIndex = at;
  return at + (name.exec(sql)?.[0].length ?? 1);
}
