/** Card numbers: 13 to 19 digits (ISO/IEC 7812-1), however they are grouped. */

/** Digits, of any script, with up to three blanks, dashes, dots or invisible signs between two of them. */
const DIGITS = /\p{Nd}(?:[\s\p{Pd}\p{Cf}._·]{0,3}\p{Nd})*/gu;
const GROUP = /\p{Nd}+/gu;

/** How cards are printed. What is grouped so is hidden even with a digit mistyped. */
const PRINTED = ['4,4,4,4', '4,4,4,4,3', '4,6,5', '4,6,4'];

interface Group {
  digits: string;
  start: number;
  end: number;
  /** It was several groups of one digit or two, so it does not belong to a longer number. */
  isWhole: boolean;
}

/** A text with `[card]` in the place of card numbers. */
export function withoutCards(text: string): string {
  return text.replace(DIGITS, (run, offset: number) => {
    // A number with a letter or a plus before it is an order or a telephone.
    if (run.length < 13 || /[\p{L}+]/u.test(text.charAt(offset - 1))) return run;
    return hideCards(run);
  });
}

function hideCards(run: string): string {
  const groups = groupsOf(run);
  let hidden = '';
  let from = 0;
  for (let i = 0; i < groups.length; i++) {
    const count = cardAt(groups, i);
    if (count === 0) continue;
    hidden += `${run.slice(from, groups[i]?.start)}[card]`;
    i += count - 1;
    from = groups[i]?.end ?? 0;
  }
  return hidden + run.slice(from);
}

/** The groups of digits; what was written digit by digit, or in pairs, is one. */
function groupsOf(run: string): Group[] {
  const groups: Group[] = [];
  let size = 0;
  for (const { 0: digits, index: start } of run.matchAll(GROUP)) {
    const end = start + digits.length;
    const last = groups.at(-1);
    if (last && digits.length < 3 && digits.length === size) {
      Object.assign(last, { digits: last.digits + digits, end, isWhole: true });
    } else groups.push({ digits, start, end, isWhole: false });
    size = digits.length;
  }
  return groups;
}

/** How many groups from the `first` on are one card, as many as can be; 0 where they are none. */
function cardAt(groups: readonly Group[], first: number): number {
  let digits = '';
  let longest = 0;
  const sizes: number[] = [];
  for (let i = first; i < groups.length; i++) {
    const group = groups[i] as Group;
    if (group.isWhole && i > first) break;
    digits += group.digits;
    sizes.push(group.digits.length);
    if (digits.length > 19) break;
    if (digits.length >= 13 && isCard(digits, sizes)) longest = sizes.length;
    if (group.isWhole) break;
  }
  return longest;
}

function isCard(digits: string, sizes: readonly number[]): boolean {
  // In other digits than 0 to 9 it is long enough to be one.
  if (/\D/.test(digits)) return true;
  // What begins with another digit is an airline's or a petrol station's, and rarely asked for.
  if (!/^[2-6]/.test(digits)) return false;
  // Dates and versions have groups of one digit or two.
  return PRINTED.includes(sizes.join()) || (sizes.every((size) => size >= 3) && isLuhn(digits));
}

/** Luhn's check sum (ISO/IEC 7812-1, annex B). */
function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits.at(-1 - i));
    const doubled = i % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
