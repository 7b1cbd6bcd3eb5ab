/**
 * The names that a list has given already, in about 16 bytes each, so that an export of millions fits in memory.
 * Names come in order, and one that sorts after all others is certainly new; only others are looked up, by a
 * hash of 53 bits.
 */
export interface SeenNames {
  /** Adds a name. @returns whether it was new */
  add(name: string): boolean;
}

const LEAST_SLOTS = 1024;

export function seenNames(): SeenNames {
  // Open addressing; zero is an empty slot, so a hash is never zero.
  let slots = new Float64Array(LEAST_SLOTS);
  let count = 0;
  let last = '';

  function insert(hash: number): boolean {
    let slot = hash % slots.length;
    while (slots[slot] !== 0) {
      if (slots[slot] === hash) return false;
      slot = (slot + 1) % slots.length;
    }
    slots[slot] = hash;
    return true;
  }

  function grow(): void {
    const old = slots;
    slots = new Float64Array(old.length * 2);
    for (const hash of old) if (hash !== 0) insert(hash);
  }

  return {
    add(name) {
      if (count * 2 >= slots.length) grow();
      const inserted = insert(hashOf(name));
      if (inserted) count++;
      if (name > last) {
        last = name;
        return true;
      }
      return inserted;
    },
  };
}

/** Two FNV-1a hashes side by side, as one integer that a number holds exactly. */
function hashOf(name: string): number {
  let high = 0x811c9dc5;
  let low = 0x01000193;
  for (let at = 0; at < name.length; at++) {
    const unit = name.charCodeAt(at);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(low ^ unit, 0x5bd1e995);
  }
  return (high >>> 0) * 2 ** 21 + (low >>> 11) + 1;
}
