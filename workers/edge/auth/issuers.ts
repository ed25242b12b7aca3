// Who may sign tokens, for which accounts and which API: configuration, read once. An issuer is trusted for what it is
// listed for and nothing else. A configuration that does not parse stops the worker: an open door is worse.

import type { JWK } from 'jose'
import { z } from 'zod'
import { type CognitoPool, cognitoPoolMembers, isPoolOfAws } from './cognito.ts'
import type { KeySource } from './keys.ts'

const audience = z.string().min(1).max(500)

const trust = {
  issuer: z.string().min(1).max(500),
  accounts: z.array(z.string().min(1)),
  contexts: z.array(z.enum(['app', 'dashboard'])),
  /** Its tokens must name one of these in `aud`. */
  audience: z.union([audience, z.array(audience).min(1)]).optional(),
}

const keySetUri = z.url({ protocol: /^https?$/ })

const listed = z
  .strictObject({
    ...trust,
    jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1) }).optional(),
    jwksUri: keySetUri.optional(),
  })
  .refine((issuer) => (issuer.jwks === undefined) !== (issuer.jwksUri === undefined), 'Exactly one of jwks and jwksUri.')

const cognito = z.strictObject({ kind: z.literal('cognito'), ...trust, ...cognitoPoolMembers, jwksUri: keySetUri.optional() })

export interface Issuer {
  issuer: string
  accounts: string[]
  contexts: ('app' | 'dashboard')[]
  /** One of them must be in `aud`. Undefined: `aud` may be missing, and where it is not it names this platform (auth/audience.ts). */
  audience?: string[]
  keys: KeySource
  /** Where its tokens are a Cognito user pool's: what they mean here. */
  cognito?: CognitoPool
}

/** Only on one machine may an issuer be what anybody can imitate: cognito-local, or keys that come without TLS. */
const isLocal = (stage: string) => stage === 'local'

/** Throws on a configuration that is not what it must be, or names an issuer twice. `json` is ISSUERS, `stage` is STAGE. */
export function parseIssuers(json: string, stage = 'production'): Map<string, Issuer> {
  const issuers = new Map<string, Issuer>()
  for (const issuer of z
    .array(z.union([cognito, listed]))
    .parse(JSON.parse(json))
    .map(issuerOf)) {
    const name = issuer.issuer
    if (issuers.has(name)) throw new Error(`ISSUERS names ${name} twice`)
    if (!isLocal(stage) && issuer.keys.kind === 'remote' && !issuer.keys.uri.startsWith('https:'))
      throw new Error(`ISSUERS has the keys of ${name} fetched without TLS`)
    if (!isLocal(stage) && issuer.cognito && !isPoolOfAws(name)) throw new Error(`ISSUERS calls ${name} a Cognito pool, which it is not`)
    issuers.set(name, issuer)
  }
  return issuers
}

function issuerOf(entry: z.output<typeof cognito> | z.output<typeof listed>): Issuer {
  const { issuer, accounts, contexts, audience } = entry
  const who = { issuer, accounts, contexts, ...(audience !== undefined && { audience: [audience].flat() }) }
  if ('kind' in entry) {
    const { clients, groups } = entry
    return { ...who, keys: { kind: 'remote', uri: entry.jwksUri ?? `${issuer}/.well-known/jwks.json` }, cognito: { clients, groups } }
  }
  return {
    ...who,
    keys: entry.jwks ? { kind: 'given', jwks: entry.jwks.keys as JWK[] } : { kind: 'remote', uri: entry.jwksUri as string },
  }
}
