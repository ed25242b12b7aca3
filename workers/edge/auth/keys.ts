// The keys of an issuer, remembered as values (a promise of one request cannot be awaited in another on Workers).
//
//   key(kid, alg):  set known and young, kid in it      -> that key
//                   set unknown, or older than 10 min   -> fetch it (an old set stays in use while fetching fails)
//                   kid not in it                       -> fetch it again, at most every 30 s
//
// However many requests want keys at once, one of them fetches; the others look again every few milliseconds until it has
// them or its time is up. So a flood of made-up kids costs an issuer one request in 30 s, also on a cold isolate.
//
// One algorithm per key: a JWK serves RS256 or ES256, by its own `alg` or its type, and never both.

import { calculateJwkThumbprint, importJWK, type JWK } from 'jose'
import { failure } from '../../../domain/failures.ts'
import { fail, ok, type Result } from '../../../domain/result.ts'
import { type Keyring, keyringAt } from './keyring.ts'

export type Algorithm = 'RS256' | 'ES256'
export type VerifyKey = Awaited<ReturnType<typeof importJWK>>

export interface IssuerKeys {
  /** Null where the issuer has no such key. `record/unavailable` where its keys cannot be read now. Throws what jose throws on a malformed key. */
  key(kid: string | undefined, algorithm: Algorithm): Promise<Result<VerifyKey | null>>
}

export interface KeyPorts {
  now: () => number
  /** Reads a JWKS within three seconds; throws when it cannot. */
  fetchJwks: (uri: string) => Promise<JWK[]>
  /** Waits in the request that asks; the clock's own unless given. */
  sleep?: (ms: number) => Promise<void>
  /** SHA-256 thumbprints (RFC 7638) of keys that nobody may be believed by. */
  refusedThumbprints?: readonly string[]
}

export type KeySource = { kind: 'given'; jwks: JWK[] } | { kind: 'remote'; uri: string }

const maxAgeMs = 10 * 60 * 1000
const refreshEveryMs = 30 * 1000
const retryEveryMs = 1000
/** A fetch whose request was ended under way is nobody's after that. */
const fetchWithinMs = 3500
const lookEveryMs = 10

export function issuerKeys({ keys: source }: { keys: KeySource }, ports: KeyPorts): IssuerKeys {
  const pick = keyPicker(ports.refusedThumbprints)
  if (source.kind === 'given') return { key: async (kid, algorithm) => ok(await pick(source.jwks, kid, algorithm)) }
  const remote = remoteSet(source.uri, ports)
  return {
    async key(kid, algorithm) {
      await remote.ready()
      const jwks = remote.jwks()
      if (jwks === null) return fail(failure('record/unavailable', 'The keys of this issuer cannot be read now.', { retryAfterSeconds: 1 }))
      const known = await pick(jwks, kid, algorithm)
      if (known) return ok(known)
      await remote.refresh()
      return ok(await pick(remote.jwks() ?? [], kid, algorithm))
    },
  }
}

/** Our own: what the keyring publishes now. */
export function keyringKeys(keyring: Keyring, { now }: Pick<KeyPorts, 'now'>): IssuerKeys {
  const pick = keyPicker()
  return { key: async (kid, algorithm) => ok(await pick(keyringAt(keyring, now()).published, kid, algorithm)) }
}

function remoteSet(uri: string, { now, fetchJwks, sleep = waitFor }: KeyPorts) {
  let jwks: JWK[] | null = null
  let fetchedAtMs = Number.NEGATIVE_INFINITY
  let triedAtMs = Number.NEGATIVE_INFINITY
  let failedAtMs = Number.NEGATIVE_INFINITY
  let current: symbol | null = null

  const isUnderWay = () => current !== null && now() - triedAtMs < fetchWithinMs

  /** What is remembered stays when the fetch fails. */
  async function fetchKeys(): Promise<void> {
    const mine = Symbol(uri)
    current = mine
    triedAtMs = now()
    try {
      jwks = await fetchJwks(uri)
      fetchedAtMs = now()
    } catch {
      // An issuer that does not answer must not sign everyone out: its last keys serve on.
      failedAtMs = now()
    } finally {
      if (current === mine) current = null
    }
  }

  return {
    jwks: () => jwks,
    /** Leaves `jwks` null where it was and the issuer does not answer. */
    async ready(): Promise<void> {
      while (jwks === null) {
        if (isUnderWay()) await sleep(lookEveryMs)
        else if (now() - failedAtMs >= retryEveryMs) await fetchKeys()
        else return
      }
      if (now() - fetchedAtMs > maxAgeMs && now() - triedAtMs >= refreshEveryMs) await fetchKeys()
    },
    async refresh(): Promise<void> {
      if (now() - triedAtMs >= refreshEveryMs) await fetchKeys()
      // The kid that is looked for may be in what another request is fetching.
      while (isUnderWay()) await sleep(lookEveryMs)
    },
  }
}

const waitFor = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

type Picker = (jwks: readonly JWK[], kid: string | undefined, algorithm: Algorithm) => Promise<VerifyKey | null>

function keyPicker(refusedThumbprints: readonly string[] = []): Picker {
  // By the JWK itself: a set that is fetched again brings new objects, and the old ones are forgotten with it.
  const imported = new WeakMap<JWK, VerifyKey | null>()
  return async (jwks, kid, algorithm) => {
    const matching = jwks.filter((jwk) => (kid === undefined || jwk.kid === kid) && serves(jwk, algorithm))
    const [jwk] = matching
    // Without a kid there must be no choice; with one, a doubled kid is nobody's.
    if (!jwk || matching.length > 1) return null
    const known = imported.get(jwk)
    if (known !== undefined) return known
    const isRefused = refusedThumbprints.length > 0 && refusedThumbprints.includes(await calculateJwkThumbprint(jwk))
    const key = isRefused ? null : await importJWK(jwk, algorithm)
    imported.set(jwk, key)
    return key
  }
}

/** With e = 1 every text signs itself; the runtime checks the length of the modulus. */
const isRsa = ({ kty, e }: JWK): boolean =>
  kty === 'RSA' && typeof e === 'string' && BigInt(`0x0${Buffer.from(e, 'base64url').toString('hex')}`) > 1n

function serves(jwk: JWK, algorithm: Algorithm): boolean {
  const type = algorithm === 'RS256' ? isRsa(jwk) : jwk.kty === 'EC' && jwk.crv === 'P-256'
  const use = jwk.use === undefined || jwk.use === 'sig'
  const operations = jwk.key_ops === undefined || (Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify'))
  return type && use && operations && (jwk.alg === undefined || jwk.alg === algorithm)
}

/** RFC 7517 section 5: what a reader does not understand in a set it passes over, and the other keys serve. */
const isKey = (entry: unknown): entry is JWK =>
  typeof entry === 'object' && entry !== null && !Array.isArray(entry) && typeof (entry as JWK).kty === 'string'

/** The adapter of `fetchJwks`: three seconds, no redirects, a bounded answer. */
export async function fetchJwksOverHttp(uri: string): Promise<JWK[]> {
  const response = await fetch(uri, { redirect: 'manual', signal: AbortSignal.timeout(3000), headers: { accept: 'application/json' } })
  if (!response.ok) throw new Error(`JWKS answered ${response.status}`)
  const text = await response.text()
  if (text.length > 256 * 1024) throw new Error('JWKS is too large')
  const { keys } = JSON.parse(text) as { keys?: unknown }
  if (!Array.isArray(keys)) throw new Error('JWKS has no keys')
  return keys.filter(isKey)
}
