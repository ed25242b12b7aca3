// How a client says who it is at the token endpoint (RFC 6749 section 2.3.1): HTTP Basic or the form, never both.

import { ok } from '../../domain/result.ts'
import { invalidClient, type Refusal, refusal } from './refusal.ts'

export interface ShownClient {
  clientId: string
  secret: string
  method: 'client_secret_basic' | 'client_secret_post'
}

export type Form = Readonly<Record<string, string | undefined>>

type Authentication = { ok: true; value: ShownClient } | { ok: false; error: Refusal }

export function clientAuthentication(headers: Headers, form: Form): Authentication {
  const authorization = headers.get('authorization')
  const { client_id, client_secret } = form
  if (authorization === null) {
    if (client_id === undefined || client_secret === undefined) return invalidClient()
    return ok({ clientId: client_id, secret: client_secret, method: 'client_secret_post' })
  }
  if (client_secret !== undefined) return refusal('invalid_request', 'The client authenticates in two ways at once.')
  const shown = basic(authorization)
  if (shown === null) return invalidClient()
  if (client_id !== undefined && client_id !== shown.clientId) return refusal('invalid_request', 'The form names another client.')
  return ok(shown)
}

/** Both parts are form-urlencoded before they are joined: a colon in either is no separator. */
function basic(authorization: string): ShownClient | null {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1]
  if (encoded === undefined) return null
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  const clientId = formDecoded(id)
  const clientSecret = formDecoded(secret)
  return clientId && clientSecret ? { clientId, secret: clientSecret, method: 'client_secret_basic' } : null
}

function formDecoded(text: string | undefined): string | null {
  try {
    return decodeURIComponent((text ?? '').replaceAll('+', ' '))
  } catch {
    return null
  }
}
