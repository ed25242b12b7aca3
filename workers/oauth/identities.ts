// The platform's own identity, built from its settings: who we are as an issuer, and where client credentials go. Throws on
// what cannot be right, so that a worker with a bad key or a plain-text endpoint does not start.

import { newClientSecret } from '../../domain/access/client.ts'
import type { LogLine } from '../../domain/telemetry/request-log.ts'
import { type Keyring, parseKeyring } from '../edge/auth/keyring.ts'
import { type TokenSigner, tokenSigner } from '../edge/auth/token-signer.ts'
import { type PassThrough, passThroughTo } from './pass-through.ts'
import { sharedTokens } from './shared-tokens.ts'

export interface Identities {
  /** Both null where the platform signs no tokens of its own. */
  signer: TokenSigner | null
  keyring: Keyring | null
  /** Null: client credentials are checked here. */
  passThrough: PassThrough | null
  /** A fresh secret for a client of a workspace. */
  newClientSecret: () => string
}

export interface IdentitySettings {
  stage: string
  /** ISSUER: an origin; empty for none. */
  issuer: string
  /** SIGNING_KEYS. */
  signingKeys: string
  /** TOKEN_KEY. */
  tokenKey: string
  /** TOKEN_PASS_THROUGH; empty for none. */
  passThroughUrl: string
  /** UPSTASH_REDIS_REST_URL and its token; empty for none. */
  redisUrl: string
  redisToken: string | undefined
}

export interface IdentityPorts {
  now: () => number
  newId: () => string
  randomBytes: (count: number) => Uint8Array
  fetch: typeof fetch
  log: LogLine
}

export function identitiesFrom(settings: IdentitySettings, ports: IdentityPorts): Identities {
  const { issuer, signingKeys, stage } = settings
  const common = { passThrough: passThroughFrom(settings, ports), newClientSecret: () => newClientSecret(ports.randomBytes(32)) }
  if (issuer === '') return { signer: null, keyring: null, ...common }
  // RFC 8414 puts the metadata of an issuer with a path elsewhere; and what differs by a slash is another issuer.
  if (new URL(issuer).origin !== issuer) throw new Error('ISSUER is an origin: https://host, without a path or a slash at its end')
  secureOnly('ISSUER', issuer, stage)
  const keyring = parseKeyring(signingKeys, ports.now())
  return { signer: tokenSigner({ issuer, keyring, now: ports.now, newId: ports.newId }), keyring, ...common }
}

/** What the verifier is told of ourselves. */
export const ownIssuer = ({ signer, keyring }: Identities): { issuer: string; keyring: Keyring } | null =>
  signer && keyring ? { issuer: signer.issuer, keyring } : null

function passThroughFrom(settings: IdentitySettings, ports: IdentityPorts): PassThrough | null {
  const { passThroughUrl: endpoint, redisUrl, redisToken, tokenKey, stage } = settings
  if (endpoint === '') return null
  secureOnly('TOKEN_PASS_THROUGH', endpoint, stage)
  if (redisUrl === '') return passThroughTo({ endpoint, tokenKey, shared: null }, ports)
  if (!redisToken) throw new Error('UPSTASH_REDIS_REST_URL needs the secret UPSTASH_REDIS_REST_TOKEN')
  secureOnly('UPSTASH_REDIS_REST_URL', redisUrl, stage)
  return passThroughTo({ endpoint, tokenKey, shared: sharedTokens({ url: redisUrl, token: redisToken, tokenKey }, ports) }, ports)
}

function secureOnly(name: string, url: string, stage: string): void {
  const { protocol } = new URL(url)
  if (protocol !== 'https:' && !(protocol === 'http:' && stage === 'local')) throw new Error(`${name} must be https`)
}
