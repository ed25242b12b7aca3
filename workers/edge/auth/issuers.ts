// Who may sign tokens, for which accounts and which API: configuration, read once. An issuer is trusted for what it is
// listed for and nothing else. A configuration that does not parse stops the worker: an open door is worse.

import type { JWK } from 'jose'
import { z } from 'zod'

const issuerSchema = z
  .object({
    issuer: z.string().min(1).max(500),
    accounts: z.array(z.string().min(1)),
    contexts: z.array(z.enum(['app', 'dashboard'])),
    jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1) }).optional(),
    jwksUri: z.url({ protocol: /^https?$/ }).optional(),
  })
  .refine((issuer) => (issuer.jwks === undefined) !== (issuer.jwksUri === undefined), 'Exactly one of jwks and jwksUri.')

export interface Issuer {
  issuer: string
  accounts: string[]
  contexts: ('app' | 'dashboard')[]
  keys: { kind: 'given'; jwks: JWK[] } | { kind: 'remote'; uri: string }
}

/** Throws on a configuration that is not what it must be, or names an issuer twice. `json` is ISSUERS. */
export function parseIssuers(json: string): Map<string, Issuer> {
  const issuers = new Map<string, Issuer>()
  for (const { jwks, jwksUri, ...entry } of z.array(issuerSchema).parse(JSON.parse(json))) {
    if (issuers.has(entry.issuer)) throw new Error(`ISSUERS names ${entry.issuer} twice`)
    issuers.set(entry.issuer, {
      ...entry,
      keys: jwks ? { kind: 'given', jwks: jwks.keys as JWK[] } : { kind: 'remote', uri: jwksUri as string },
    })
  }
  return issuers
}
