// The keys of our own issuer: which one signs and which ones are published, at a given time. Pure.
//
//   signs       the newest key whose `signsFromMs` has come
//   published   from the moment it is here (so that everyone has read it before it signs), until the last token it can
//               have signed has expired; at `verifiesUntilMs` at the latest, for a key that must be withdrawn at once
//
// So a rotation is one step: put a keyring with one key more (scripts/keys.ts). A keyring that is not right stops the
// worker: without keys nobody can sign in, and with a weak one anybody can.

import type { JWK } from 'jose'
import { z } from 'zod'

export type SigningAlgorithm = 'RS256' | 'ES256'

export interface KeyringKey {
  kid: string
  algorithm: SigningAlgorithm
  privateJwk: JWK
  /** The same object at every call: what is imported from it is remembered by it. */
  publicJwk: JWK
  signsFromMs: number
  verifiesUntilMs?: number
}

/** By `signsFromMs`, the oldest first; never empty. */
export type Keyring = readonly KeyringKey[]

/** The longest that a token of ours lives. */
export const tokenTtlSeconds = 3600
/** Clocks differ, and a new keyring reaches all isolates within minutes. */
const skewMs = 5 * 60 * 1000
const leastModulusBits = 2048

const entrySchema = z.object({
  jwk: z.looseObject({ kty: z.string(), kid: z.string().min(1).max(200) }),
  signsFromMs: z.number().int().nonnegative(),
  verifiesUntilMs: z.number().int().nonnegative().optional(),
})

/** Throws on a keyring that cannot be right at `nowMs`; what it says names keys by their kid and quotes nothing else. `json` is SIGNING_KEYS. */
export function parseKeyring(json: string, nowMs: number): Keyring {
  const entries = z.array(entrySchema).safeParse(parsed(json))
  if (!entries.success) throw new Error('SIGNING_KEYS is not a list of { jwk, signsFromMs, verifiesUntilMs? }')
  const keys = entries.data.map(keyOf).sort((a, b) => a.signsFromMs - b.signsFromMs)
  const kids = keys.map(({ kid }) => kid)
  const doubled = kids.find((kid, i) => kids.indexOf(kid) !== i)
  if (doubled !== undefined) throw new Error(`SIGNING_KEYS names the key ${doubled} twice`)
  const [oldest] = keys
  if (!oldest || oldest.signsFromMs > nowMs) throw new Error('SIGNING_KEYS has no key that signs now')
  keys.forEach(({ kid, verifiesUntilMs }, i) => {
    // Then there is a key to sign with at any time from now on, and it is published.
    if (verifiesUntilMs !== undefined && verifiesUntilMs < (keys[i + 1]?.signsFromMs ?? Number.POSITIVE_INFINITY))
      throw new Error(`SIGNING_KEYS withdraws the key ${kid} before another signs`)
  })
  return keys
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function keyOf({ jwk, ...times }: z.output<typeof entrySchema>): KeyringKey {
  const refused = (why: string) => new Error(`SIGNING_KEYS: the key ${jwk.kid} ${why}`)
  if (typeof jwk.d !== 'string') throw refused('is no private key')
  if (jwk.use !== undefined && jwk.use !== 'sig') throw refused('is not for signatures')
  const { kid } = jwk
  if (jwk.kty === 'RSA') {
    if (jwk.alg !== undefined && jwk.alg !== 'RS256') throw refused('is not for RS256')
    if (bitsOf(jwk.n) < leastModulusBits) throw refused(`has fewer than ${leastModulusBits} bits`)
    const publicJwk = { kty: 'RSA', n: jwk.n as string, e: jwk.e as string, alg: 'RS256', use: 'sig', kid }
    return { kid, algorithm: 'RS256', privateJwk: jwk, publicJwk, ...times }
  }
  if (jwk.kty !== 'EC' || jwk.crv !== 'P-256') throw refused('is neither RSA nor EC on P-256')
  if (jwk.alg !== undefined && jwk.alg !== 'ES256') throw refused('is not for ES256')
  const publicJwk = { kty: 'EC', crv: 'P-256', x: jwk.x as string, y: jwk.y as string, alg: 'ES256', use: 'sig', kid }
  return { kid, algorithm: 'ES256', privateJwk: jwk, publicJwk, ...times }
}

/** Of a base64url number, leading zeros apart; 0 for what is none. */
function bitsOf(base64url: unknown): number {
  if (typeof base64url !== 'string') return 0
  const bytes = Buffer.from(base64url, 'base64url')
  const first = bytes.findIndex((byte: number) => byte !== 0)
  return first === -1 ? 0 : (bytes.length - first) * 8 - Math.clz32(bytes[first] as number) + 24
}

/** `signing` is always there for a parsed keyring: at the time it was parsed for, and after. */
export function keyringAt(keys: Keyring, nowMs: number): { signing: KeyringKey; published: JWK[] } {
  const signing = keys.findLast(({ signsFromMs }) => signsFromMs <= nowMs)
  if (!signing) throw new Error('the keyring has no key that signs yet')
  const published = keys.filter(({ verifiesUntilMs = Number.POSITIVE_INFINITY }, i) => {
    const supersededAtMs = keys[i + 1]?.signsFromMs ?? Number.POSITIVE_INFINITY
    return nowMs < Math.min(verifiesUntilMs, supersededAtMs + tokenTtlSeconds * 1000 + skewMs)
  })
  return { signing, published: published.map(({ publicJwk }) => publicJwk) }
}
