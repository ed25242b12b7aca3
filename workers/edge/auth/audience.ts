// Whom a token is meant for (`aud`; RFC 7519 section 4.1.3, RFC 8725 section 3.9, RFC 9068 section 4): a token that was made
// for another service is worth nothing here, whoever signed it. Pure.
//
//   our own tokens      always name the API that they are for
//   of an issuer with   name one of those
//   an `audience`
//   of any other        may leave it out (Cognito's access tokens have none: `client_id` is checked there); where it is
//                       there, it has to name this platform or one of its APIs

import type { Context } from '../../../domain/identity.ts'
import { type AccessClaims, audiencesOf } from './claims.ts'

/** What an API is called as a protected resource (RFC 9728): the audience of its tokens. `origin` is this deployment's own. */
export const apiAudience = (origin: string, context: Context): string => `${origin}/${context}/v1`

interface Expected {
  /** Of the issuer's entry. */
  audience?: readonly string[] | undefined
  /** This deployment's own origin; empty where it has none. */
  origin: string
}

export function isMeantForUs({ aud, context }: Pick<AccessClaims, 'aud' | 'context'>, { audience, origin }: Expected): boolean {
  if (audience === undefined && aud === undefined) return true
  const named = audiencesOf(aud)
  const wanted = audience ?? (origin === '' ? [] : [origin, apiAudience(origin, context)])
  return named.some((one) => wanted.includes(one))
}
