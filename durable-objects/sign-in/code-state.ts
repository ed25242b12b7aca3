// One-time codes of one mailbox: when a code may be made, and when one is right. Pure.
//
// Guarantees: a code is accepted once, within three minutes, and after at most four wrong ones; at most one of an address is
// out at a time, and at most one is made in 30 s, five in an hour and twenty in a day. So nobody has more than 100 guesses a
// day at one mailbox, each one in a million (docs/sign-in.md has the sum). A code that was refused by these limits leaves
// the one before as it was.
//
// Anybody can use these limits up, and kill the code that is out, who knows an address. Therefore a device that its owner has
// signed in from, and nobody else, has a code and limits of its own: what others do leaves them as they are.

import { timingSafeEqual } from 'node:crypto'
import type { CodeAsker, SignInPurpose } from './rpc.ts'

export const codeLivesMs = 3 * 60 * 1000
export const wrongTriesAllowed = 5

const minuteMs = 60 * 1000
const limits = [
  { most: 1, withinMs: minuteMs / 2 },
  { most: 5, withinMs: 60 * minuteMs },
  { most: 20, withinMs: 24 * 60 * minuteMs },
]

/** Nothing has to be known of a mailbox that asked for no code for so long. */
export const rememberedMs = Math.max(...limits.map(({ withinMs }) => withinMs))

/** With limits of their own in one day; more share those of everybody, so that a mailbox stays small. */
export const devicesCounted = 50

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
  /** The code that is out, for each address of the mailbox and each device of an address. */
  codes: Record<string, IssuedCode>
  /** When codes were made, oldest first, as far back as it matters: for everybody together, and for each device. */
  madeAtMs: Record<string, number[]>
}

export const noCodes: CodeState = { codes: {}, madeAtMs: {} }

const everybody = 'everybody'
const laneOf = ({ emailHash, device }: CodeAsker): string => (device === undefined ? emailHash : `${emailHash}/${device}`)

/** Null while there were too many. */
export function issueCode(
  { codes, madeAtMs }: CodeState,
  by: CodeAsker,
  mac: string,
  purpose: SignInPurpose,
  nowMs: number,
): CodeState | null {
  const isWithin = (withinMs: number) => (atMs: number) => nowMs - atMs < withinMs
  const made = kept(
    madeAtMs,
    (times) => times.filter(isWithin(rememberedMs)),
    ({ length }) => length > 0,
  )
  const counted = countedFor(by, made)
  const own = made[counted] ?? []
  if (limits.some(({ most, withinMs }) => own.filter(isWithin(withinMs)).length >= most)) return null
  const code: IssuedCode = { mac, purpose, expiresAtMs: nowMs + codeLivesMs, wrongTries: 0 }
  return {
    codes: {
      ...kept(
        codes,
        (one) => one,
        ({ expiresAtMs }) => expiresAtMs > nowMs,
      ),
      [laneOf(by)]: code,
    },
    madeAtMs: { ...made, [counted]: [...own, nowMs] },
  }
}

function countedFor({ device }: CodeAsker, made: CodeState['madeAtMs']): string {
  if (device === undefined) return everybody
  const name = `device/${device}`
  return name in made || Object.keys(made).length < devicesCounted ? name : everybody
}

/** The state to keep (the same one where nothing changed), and what the code was for where it is right. */
export function redeemCode(
  state: CodeState,
  by: CodeAsker,
  mac: string,
  attemptId: string,
  nowMs: number,
): { state: CodeState; purpose: SignInPurpose | null } {
  const isOut = (lane: string) => (state.codes[lane]?.expiresAtMs ?? 0) > nowMs
  // A device that asked before it could prove itself has the code of everybody.
  const lane = isOut(laneOf(by)) ? laneOf(by) : by.emailHash
  const code = state.codes[lane]
  const refused = { state, purpose: null }
  if (code === undefined || !isOut(lane) || code.wrongTries >= wrongTriesAllowed) return refused
  const isRight = sameMac(code.mac, mac)
  if (code.usedBy !== undefined) return isRight && code.usedBy === attemptId ? { state, purpose: code.purpose } : refused
  const become = (after: IssuedCode): CodeState => ({ ...state, codes: { ...state.codes, [lane]: after } })
  if (!isRight) return { ...refused, state: become({ ...code, wrongTries: code.wrongTries + 1 }) }
  return { state: become({ ...code, usedBy: attemptId }), purpose: code.purpose }
}

function kept<T>(all: Record<string, T>, after: (value: T) => T, isKept: (value: T) => boolean): Record<string, T> {
  const entries = Object.entries(all).map(([name, value]) => [name, after(value)] as const)
  return Object.fromEntries(entries.filter(([, value]) => isKept(value)))
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
