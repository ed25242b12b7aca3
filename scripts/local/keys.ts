// The local secrets, made once per state directory and readable by their owner only: the key that signs workspace tokens,
// the operator's key and the key of page tokens. None of them leaves the machine.

import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'

export interface LocalKeys {
  /** Private RS256 JWK of the local issuer, with its `kid`. */
  signing: JWK
  /** Its public half, as the Worker's ISSUERS wants it. */
  jwks: { keys: JWK[] }
  operatorKey: string
  pageTokenKey: string
}

/** Reads the keys of this directory, making those that are missing. */
export async function localKeys(dir: string): Promise<LocalKeys> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const signing = JSON.parse(await keep(join(dir, 'signing.jwk.json'), makeSigningKey)) as JWK
  const { kty, n, e, alg, kid, use } = signing
  return {
    signing,
    jwks: { keys: [{ kty, n, e, alg, kid, use }] },
    operatorKey: await keep(join(dir, 'operator-key'), makeSecret),
    pageTokenKey: await keep(join(dir, 'page-token-key'), makeSecret),
  }
}

async function makeSigningKey(): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = await exportJWK(privateKey)
  return JSON.stringify({ ...jwk, alg: 'RS256', use: 'sig', kid: await calculateJwkThumbprint(jwk) })
}

const makeSecret = async () => randomBytes(32).toString('base64url')

async function keep(file: string, make: () => Promise<string>): Promise<string> {
  if (!existsSync(file)) {
    // Renamed into place: a kill in between must not leave half a key that every later start would use.
    writeFileSync(`${file}.new`, await make(), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  return readFileSync(file, 'utf8')
}
