// The local secrets, made once per state directory and readable by their owner only: the keyring that signs workspace
// tokens, the operator's key and the key of page tokens. None of them leaves the machine.
//
// `signing.jwk.json` is the first key there was; `keyring.json` is what the Worker is given as SIGNING_KEYS, and begins with
// that one. A rotation (scripts/keys.ts) writes the keyring alone, and a Worker that runs does not learn of it: its secrets are
// those of its start. So `served-keyring.json` says which keyring that was, and whoever signs for it signs by that one.

import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import { keyringAt, parseKeyring } from '../../workers/edge/auth/keyring.ts'

/** One entry of SIGNING_KEYS. */
export interface KeyringEntry {
  jwk: JWK
  signsFromMs: number
  verifiesUntilMs?: number
}

export interface LocalKeys {
  /** Private JWK that signs now, with its `kid`. */
  signing: JWK
  /** Its public half, as ISSUERS wants it for an issuer of another name. */
  jwks: { keys: JWK[] }
  /** SIGNING_KEYS. */
  keyring: string
  operatorKey: string
  pageTokenKey: string
}

/** Reads the keys of this directory, making those that are missing. */
export async function localKeys(dir: string): Promise<LocalKeys> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const first = await keep(join(dir, 'signing.jwk.json'), async () => JSON.stringify(await newSigningKey()))
  const keyring = await keep(keyringFile(dir), async () =>
    JSON.stringify([{ jwk: JSON.parse(first), signsFromMs: 0 }] satisfies KeyringEntry[]),
  )
  const { kty, n, e, alg, kid, use, ...secret } = signingNow(keyring)
  return {
    signing: { kty, n, e, alg, kid, use, ...secret },
    jwks: { keys: [{ kty, n, e, alg, kid, use }] },
    keyring,
    operatorKey: await keep(join(dir, 'operator-key'), makeSecret),
    pageTokenKey: await keep(join(dir, 'page-token-key'), makeSecret),
  }
}

export const keyringFile = (dir: string): string => join(dir, 'keyring.json')

const servedKeyringFile = (dir: string): string => join(dir, 'served-keyring.json')

/** Notes what the Worker that starts now is given. */
export const noteServedKeyring = (dir: string, keyring: string): void => replaceSecret(servedKeyringFile(dir), keyring)

/** What the Worker that runs was given. */
export function servedKeyring(dir: string): string {
  const noted = servedKeyringFile(dir)
  return readFileSync(existsSync(noted) ? noted : keyringFile(dir), 'utf8')
}

/** The private JWK that signs at the moment. */
export function signingNow(keyring: string, nowMs = Date.now()): JWK {
  return keyringAt(parseKeyring(keyring, nowMs), nowMs).signing.privateJwk
}

/** RS256, its `kid` the thumbprint (RFC 7638). */
export async function newSigningKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = await exportJWK(privateKey)
  return { ...jwk, alg: 'RS256', use: 'sig', kid: await calculateJwkThumbprint(jwk) }
}

/** Everyone keeps the published keys for ten minutes (workers/oauth/well-known.ts): by then all have read the new one. */
const leadMs = 15 * 60 * 1000

/** SIGNING_KEYS after one rotation. Keys that are published no more are left out. */
export async function rotated(keyring: string, { nowMs, compromised }: { nowMs: number; compromised: boolean }): Promise<string> {
  const jwk = await newSigningKey()
  if (compromised || keyring.trim() === '') return JSON.stringify([{ jwk, signsFromMs: nowMs }] satisfies KeyringEntry[])
  const keys = parseKeyring(keyring, nowMs)
  const published = new Set(keyringAt(keys, nowMs).published)
  const kept = keys
    .filter(({ publicJwk }) => published.has(publicJwk))
    .map(({ privateJwk, signsFromMs, verifiesUntilMs }) => ({
      jwk: privateJwk,
      signsFromMs,
      ...(verifiesUntilMs !== undefined && { verifiesUntilMs }),
    }))
  const after = JSON.stringify([...kept, { jwk, signsFromMs: nowMs + leadMs }] satisfies KeyringEntry[])
  parseKeyring(after, nowMs)
  return after
}

const makeSecret = async () => randomBytes(32).toString('base64url')

async function keep(file: string, make: () => Promise<string>): Promise<string> {
  if (!existsSync(file)) replaceSecret(file, await make())
  return readFileSync(file, 'utf8')
}

/** Renamed into place: a kill in between must not leave half a key that every later start would use. */
export function replaceSecret(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
