/** A count with its word: `plural(2, 'key', 'keys')` is "2 keys", 12000 is "12,000 keys". */
export function plural(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}
