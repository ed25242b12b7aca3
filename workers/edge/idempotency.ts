// Which idempotency claim a write carries to the one object that keeps it. A key counts within caller, user and
// operation, so one client's key never meets another's. The claim's own key is a hash: what a client puts in a header
// is not stored.
//
// Every command has a claim or an event id, also where the caller gave neither: a call to an object may be repeated
// when its connection broke, and a repeat must not double an effect. That claim lives for this request alone.

import { failure } from '../../domain/failures.ts'
import type { IdempotencyClaim } from '../../domain/log/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { fingerprintOf } from './canonical.ts'

export const givenKeyLivesMs = 24 * 60 * 60 * 1000
export const derivedKeyLivesMs = 5 * 60 * 1000

/** How long a key is kept from its first request on. */
export interface KeyLifetimes {
  givenMs: number
  derivedMs: number
}

export const defaultKeyLifetimes: KeyLifetimes = { givenMs: givenKeyLivesMs, derivedMs: derivedKeyLivesMs }

/** As the workspace's settings have it. A change counts for keys that are first seen after it: each was promised its time. */
export const keyLifetimesOf = ({
  givenSeconds,
  derivedSeconds,
}: {
  givenSeconds?: number
  derivedSeconds?: number
} = {}): KeyLifetimes => ({
  givenMs: givenSeconds === undefined ? defaultKeyLifetimes.givenMs : givenSeconds * 1000,
  derivedMs: derivedSeconds === undefined ? defaultKeyLifetimes.derivedMs : derivedSeconds * 1000,
})

export interface IdempotentCall {
  method: string
  /** The declared pattern. */
  route: string
  /** Path and query as they came. */
  target: string
  subject: string
  userId: string | undefined
  /** What the schema keeps of it (kept.ts). */
  body: unknown
  nowMs: number
}

const refused = (parameter: string, detail: string) =>
  fail(failure('validation/invalid_input', detail, { errors: [{ parameter, detail }] }))

/** The key the caller gave: `x-idempotency-key` as it is, or the IETF draft's `Idempotency-Key`, a quoted string. Null when there is none. */
export function givenKey(headers: Headers): Result<string | null> {
  const field = headers.get('x-idempotency-key')
  const legacy = field === null ? null : textOf(field)
  const draft = headers.get('idempotency-key')
  if (legacy !== null && !hasKeyLength(legacy)) return refused('x-idempotency-key', 'A key has 1 to 255 characters.')
  if (draft === null) return ok(legacy)
  const parsed = parseStructuredString(draft)
  if (parsed === null || !hasKeyLength(parsed))
    return refused('Idempotency-Key', 'A key is a quoted string (RFC 9651) of 1 to 255 characters.')
  if (legacy !== null && legacy !== parsed) return refused('Idempotency-Key', 'Idempotency-Key and x-idempotency-key disagree.')
  return ok(parsed)
}

const hasKeyLength = (key: string): boolean => key.length > 0 && [...key].length <= 255

/** Bytes that are UTF-8 as the text they are: the runtime reads a character for each byte, and writes headers in UTF-8, so a key that is echoed as it was read would come back as another. */
function textOf(field: string): string {
  const codes = Array.from(field, (character) => character.codePointAt(0) ?? 0)
  if (codes.every((code) => code < 0x80) || codes.some((code) => code > 0xff)) return field
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(codes))
  } catch {
    return field
  }
}

/** RFC 9651 section 4.2.5: a String item without parameters; null when it is not one. */
export function parseStructuredString(field: string): string | null {
  const match = /^ *"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)" *$/.exec(field)
  return match ? (match[1] ?? '').replace(/\\(["\\])/g, '$1') : null
}

/** A claim for the key, or for the one derived from caller, path and body; undefined where neither applies. */
export function claimFor(
  call: IdempotentCall,
  key: string | null,
  derive: boolean,
  lifetimes: KeyLifetimes = defaultKeyLifetimes,
): IdempotencyClaim | undefined {
  // Never derived for PUT and PATCH: A, B, A is three requests.
  const isDerived = key === null && derive && call.method === 'POST'
  if (key === null && !isDerived) return undefined
  const fingerprint = fingerprintOf([call.target, call.body ?? null])
  const scope = [call.subject, call.userId ?? null, call.method, call.route]
  if (key !== null) return { key: fingerprintOf(['given', ...scope, key]), fingerprint, expiresAtMs: call.nowMs + lifetimes.givenMs }
  return {
    key: fingerprintOf(['derived', ...scope, fingerprint]),
    fingerprint,
    expiresAtMs: call.nowMs + lifetimes.derivedMs,
    derived: true,
  }
}

const oncePrefix = 'once:'
/** Far longer than any call to an object is repeated; no workspace's setting shortens it. */
const onceLivesMs = 5 * 60 * 1000

/** The claim that guards one request against its own repeats. */
export const onceClaim = (id: string, nowMs: number): IdempotencyClaim => ({
  key: oncePrefix + id,
  fingerprint: fingerprintOf([oncePrefix, id]),
  expiresAtMs: nowMs + onceLivesMs,
  derived: true,
})

export const isOnceClaim = (claim: IdempotencyClaim | undefined): boolean => claim?.key.startsWith(oncePrefix) ?? false
