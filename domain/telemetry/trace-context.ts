// W3C Trace Context: who called, and what we tell whom we call.
//
// Guarantees: what is parsed here is valid and ours to pass on; anything else is as if it had not been sent, and the
// trace begins here. Level 1 (the Recommendation of 2021) rules what is accepted; from level 2 comes the flag that says
// that a trace id is random, which our own are.
// Trade-off: a caller's `sampled` flag is followed, so a caller can have its own requests recorded. What that may cost is
// bounded where spans leave (span-exporter.ts).

export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string
  /** Only the two bits below. */
  readonly flags: number
  /** `tracestate`, unchanged. */
  readonly state?: string
}

export const sampledFlag = 1
export const randomFlag = 2

export const isSampled = ({ flags }: TraceContext): boolean => (flags & sampledFlag) !== 0

const version00 = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/
/** Section 3.2.4, versioning: the first four fields of a higher version, and whatever follows another dash. */
const higher = /^(?!00|ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/

/** Null for what must be ignored. `state` is looked at only when the parent is valid (section 3.3). */
export function parseTraceparent(text: string, state?: string | null): TraceContext | null {
  const [, traceId = '', spanId = '', flags = ''] = version00.exec(text) ?? higher.exec(text) ?? []
  if (traceId === '' || isZero(traceId) || isZero(spanId)) return null
  const kept = parseTracestate(state)
  return { traceId, spanId, flags: Number.parseInt(flags, 16) & (sampledFlag | randomFlag), ...(kept !== undefined && { state: kept }) }
}

/** Always version 00, whatever version it came in. */
export const formatTraceparent = ({ traceId, spanId, flags }: TraceContext): string => `00-${traceId}-${spanId}-0${flags}`

const stateLimit = 512
const membersLimit = 32
const simpleKey = /^[a-z][a-z0-9_*/-]{0,255}$/
const tenantKey = /^[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13}$/
/** Printable ASCII but for comma and equals sign, not ending with a space. */
const value = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/** The same text when it is a valid list of at most 512 characters; undefined, and so not passed on, otherwise. */
export function parseTracestate(text: string | null | undefined): string | undefined {
  if (!text || text.length > stateLimit) return undefined
  const keys = new Set<string>()
  for (const member of text.split(',').map((one) => one.replace(/^[ \t]+|[ \t]+$/g, ''))) {
    if (member === '') continue
    const at = member.indexOf('=')
    const key = member.slice(0, at)
    if (at < 0 || !(simpleKey.test(key) || tenantKey.test(key)) || !value.test(member.slice(at + 1)) || keys.has(key)) return undefined
    keys.add(key)
  }
  return keys.size > 0 && keys.size <= membersLimit ? text : undefined
}

/** A span below `parent`, in the same trace and with the same decisions. */
export const childOf = ({ traceId, flags, state }: TraceContext, spanId: string): TraceContext => ({
  traceId,
  spanId,
  flags,
  ...(state !== undefined && { state }),
})

/** `randomHex`: that many random bytes as lower-case hex. All zeros do not come up in the life of a universe. */
export function newTrace(randomHex: (bytes: number) => string, share: number): TraceContext {
  const ids = randomHex(24)
  const traceId = ids.slice(0, 32)
  return { traceId, spanId: ids.slice(32), flags: isInShare(traceId, share) ? randomFlag | sampledFlag : randomFlag }
}

const randomDigits = 13
const randomRange = 16 ** randomDigits

/**
 * Whether a trace belongs to the share (0 to 1) that is kept. Decided from the trace id's last 52 bits, so whoever
 * decides the same way about the same trace comes to the same; a larger share keeps all that a smaller one kept.
 */
export const isInShare = (traceId: string, share: number): boolean =>
  Number.parseInt(traceId.slice(-randomDigits), 16) >= (1 - share) * randomRange

const isZero = (hex: string): boolean => /^0+$/.test(hex)
