/** What a long task says of itself while it runs. */
import { duration } from './time.ts';

export interface Standing {
  /** What is being done, as a word or two: `purging`. */
  label: string;
  done: number;
  /** Undefined where nobody knows how many there are. */
  total: number | undefined;
  /** Milliseconds since the task began. */
  elapsed: number;
}

const count = (value: number): string => value.toLocaleString('en-US');

/** Things done a second, or undefined before the first second has passed: too early to tell. */
function rateOf({ done, elapsed }: Standing): number | undefined {
  return elapsed < 1000 || done === 0 ? undefined : done / (elapsed / 1000);
}

/** `purging 4,500 of 10,000 (45%), 1,250/s, 4s left`: each part once it is known. */
export function progressText(standing: Standing): string {
  const { label, done, total } = standing;
  const rate = rateOf(standing);
  const ofTotal = total ? ` of ${count(total)} (${Math.floor((100 * done) / total)}%)` : '';
  const parts = [`${label} ${count(done)}${ofTotal}`];
  if (rate !== undefined)
    parts.push(`${count(rate < 10 ? Number(rate.toFixed(1)) : Math.round(rate))}/s`);
  if (rate !== undefined && total) parts.push(`${duration(Math.ceil((total - done) / rate))} left`);
  return parts.join(', ');
}
