// The one order of a board: score down, then name, then id. Names go by Unicode code point, which is the byte order of
// their UTF-8: what `git shortlog` and SQLite's BINARY collation use. JavaScript's own `<` compares UTF-16 units and
// would put U+1F600 before U+FF5E.

export interface Member {
  readonly id: string
  readonly name: string
  readonly imageUrl?: string
  /** Millionths. */
  readonly score: number
}

/** Negative when `a` comes first. Strings must be well-formed. */
export function compareCodePoints(a: string, b: string): number {
  if (a === b) return 0
  const shared = Math.min(a.length, b.length)
  for (let at = 0; at < shared; at++) {
    const left = a.charCodeAt(at)
    const right = b.charCodeAt(at)
    if (left !== right) return lift(left) - lift(right)
  }
  return a.length - b.length
}

/** Moves surrogates (code points from U+10000 up) above U+E000…U+FFFF. Where two units first differ, this is code point order. */
const lift = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800)

export const compareMembers = (a: Member, b: Member): number =>
  b.score - a.score || compareCodePoints(a.name, b.name) || compareCodePoints(a.id, b.id)
