/** A value and the place it came from, as an operator would name it: `--remote`, `CLOUDFLARE_ENV`. */
export interface Setting<T> {
  value: T;
  origin: string;
}
