// One-time codes of one address: when a code may be made, and when one is right. Pure.
//
// Guarantees: a code is accepted once, within three minutes, and after at most four wrong ones; at most one is out at a
// time, and at most one is made in 30 s, five in an hour and twenty in a day. So nobody has more than 100 guesses a day at
// one address, each one in a million (docs/sign-in.md has the sum). A code that was refused by these limits leaves the one
// before as it was.
// Trade-off: whoever knows an address can use its limits up, and so keep its owner from getting a code for a while.

import { timingSafeEqual } from 'node:crypto'
import type { SignInPurpose } from './rpc.ts'

export const codeLivesMs = 3 * 60 * 1000
export const wrongTriesAllowed = 5

const minuteMs = 60 * 1000
const limits = [
  { most: 1, withinMs: minuteMs / 2 },
  { most: 5, withinMs: 60 * minuteMs },
  { most: 20, withinMs: 24 * 60 * minuteMs },
]

/** Nothing has to be known of an address that asked for no code for so long. */
export const rememberedMs = Math.max(...limits.map(({ withinMs }) => withinMs))

export interface IssuedCode {
  /** HMAC-SHA256 (hex) of the code; the code itself is kept nowhere. */
  mac: string
  purpose: SignInPurpose
  expiresAtMs: number
  wrongTries: number
  /** The attempt that the code was used by. */
  usedBy?: string
}

export interface CodeState {
  code: IssuedCode | null
  /** When codes were made, oldest first, as far back as it matters. */
  madeAtMs: number[]
}

export const noCodes: CodeState = { code: null, madeAtMs: [] }

/** Null while there were too many. */
export function issueCode({ madeAtMs }: CodeState, mac: string, purpose: SignInPurpose, nowMs: number): CodeState | null {
  const isWithin = (withinMs: number) => (atMs: number) => nowMs - atMs < withinMs
  if (limits.some(({ most, withinMs }) => madeAtMs.filter(isWithin(withinMs)).length >= most)) return null
  return {
    code: { mac, purpose, expiresAtMs: nowMs + codeLivesMs, wrongTries: 0 },
    madeAtMs: [...madeAtMs.filter(isWithin(rememberedMs)), nowMs],
  }
}

/** The state to keep (the same one where nothing changed), and what the code was for where it is right. */
export function redeemCode(
  state: CodeState,
  mac: string,
  attemptId: string,
  nowMs: number,
): { state: CodeState; purpose: SignInPurpose | null } {
  const { code } = state
  const refused = { state, purpose: null }
  if (code === null || nowMs >= code.expiresAtMs || code.wrongTries >= wrongTriesAllowed) return refused
  const isRight = sameMac(code.mac, mac)
  if (code.usedBy !== undefined) return isRight && code.usedBy === attemptId ? { state, purpose: code.purpose } : refused
  if (!isRight) return { ...refused, state: { ...state, code: { ...code, wrongTries: code.wrongTries + 1 } } }
  return { state: { ...state, code: { ...code, usedBy: attemptId } }, purpose: code.purpose }
}

/** In the same time whatever they are: both are HMACs of one length. */
const sameMac = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(a, 'hex'), Buffer.from(b, 'hex'))

/** Six digits, every one of the million as likely: draws at the uneven end are drawn again. `draw` gives 32 random bits. */
export function newCode(draw: () => number): string {
  const codes = 1_000_000
  const even = Math.floor(2 ** 32 / codes) * codes
  for (;;) {
    const drawn = draw()
    if (drawn < even) return String(drawn % codes).padStart(6, '0')
  }
}
