/** Which way times are shown: as the operator chose, or as the place they go to asks for. */
import { usageError } from '../contract/errors.ts';
import { suggest } from '../text/nearest.ts';
import { isInstant, localTime, relative, utcTime, zoneAt } from './time.ts';

/** The words that `--time` and `GOBLIN_TIME` take. */
export const TIME_STYLES = ['relative', 'local', 'utc'] as const;
export type TimeStyle = (typeof TIME_STYLES)[number];

export const TIME_VARIABLE = 'GOBLIN_TIME';

/**
 * The style that the option or else the environment asks for; undefined where neither does.
 * @throws {GoblinError} exit 2 for any other word, with the nearest one
 */
export function parseTimeStyle(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): TimeStyle | undefined {
  const word = option ?? (env[TIME_VARIABLE] || undefined);
  if (word === undefined) return undefined;
  const style = TIME_STYLES.find((name) => name === word);
  if (style) return style;
  const origin = option === undefined ? TIME_VARIABLE : '--time';
  throw usageError(
    'bad_time_style',
    `${origin}: "${word}" is not a way to show times`,
    suggest(word, TIME_STYLES),
  );
}

export interface Clock {
  /** Whether this is the time of an event, which is compared with other times and so is not relative. */
  isEvent: boolean;
  /** What the operator chose. */
  chosen: TimeStyle | undefined;
  /** Whether a person sees it at once. What is kept in a file or follows in a stream outlives "2h ago". */
  isFleeting: boolean;
  isTerminal: boolean;
}

/** The style in which times are shown. */
export function styleFor({ isEvent, chosen, isFleeting, isTerminal }: Clock): TimeStyle {
  const usual = isEvent || !isFleeting ? 'local' : 'relative';
  const style = chosen ?? (isTerminal ? usual : 'utc');
  if (style !== 'relative' || isFleeting) return style;
  return isTerminal ? 'local' : 'utc';
}

/** An instant in a style, in the zone of `now` (both ms since 1970). What is not a date is shown as a number. */
export function timeText(ms: number, style: TimeStyle, now: number): string {
  if (!isInstant(ms)) return String(ms);
  if (style === 'relative') return relative(ms, now);
  return style === 'utc' ? utcTime(ms) : localTime(ms, now);
}

/** What the head of a column of times adds to its name: the zone, where the cells do not have it. */
export function zoneMark(style: TimeStyle, now: number): string {
  return style === 'local' ? ` (${zoneAt(now)})` : '';
}

export interface Place {
  /** Milliseconds since 1970. */
  now: number;
  time: TimeStyle | undefined;
  /** Cells of the terminal's line; undefined where it is none. */
  width: number | undefined;
}

/** An instant by itself: absolute, with its zone. */
export function absoluteTime(ms: number, { now, time, width }: Place): string {
  if (!isInstant(ms)) return String(ms);
  const isTerminal = width !== undefined;
  const style = styleFor({ isEvent: true, chosen: time, isFleeting: false, isTerminal });
  if (style === 'utc') return utcTime(ms);
  const local = localTime(ms, now);
  return local.endsWith(zoneAt(ms)) ? local : `${local} ${zoneAt(ms)}`;
}

/** An instant of one thing: on a terminal with how long ago that is. */
export function wholeTime(ms: number, place: Place): string {
  const { now, time, width } = place;
  if (!isInstant(ms) || width === undefined) return absoluteTime(ms, place);
  const ago = relative(ms, now);
  return time === 'relative' ? ago : `${absoluteTime(ms, place)} (${ago})`;
}
