// Client credentials that another server checks (TOKEN_PASS_THROUGH: a Cognito domain's token endpoint, or any of RFC
// 6749). Only the credentials, the grant and the scope go there; only its status and JSON come back, never its headers.
//
// A token is kept for three quarters of its life, under a hash of the credentials and the scope, so that a wrong secret
// never finds one: in this isolate, and in a store that isolates share, if there is one. Errors are never kept. Trade-off:
// requests that miss side by side each ask, since a promise of one request cannot be awaited in another.

import { createHmac } from 'node:crypto'
import { failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { eventLogLine, type LogLine } from '../../domain/telemetry/request-log.ts'
import type { ShownClient } from './client-authentication.ts'

export interface PassThrough {
  /** The other server's answer, a refusal included. `record/unavailable` where it gives none in five seconds, or none that is OAuth. */
  ask(client: ShownClient, scope: string | undefined): Promise<Result<Passed>>
}

export interface Passed {
  status: number
  body: Record<string, unknown>
}

export interface KeptToken {
  body: Record<string, unknown>
  expiresAtMs: number
  /** Not served from then on. */
  keepUntilMs: number
}

/** Throws when the store does not answer: the pass-through goes on without it. */
export interface SharedTokens {
  get(key: string, secret: string): Promise<KeptToken | null>
  put(key: string, secret: string, token: KeptToken): Promise<void>
}

interface Settings {
  endpoint: string
  tokenKey: string
  shared: SharedTokens | null
  /** How many tokens an isolate keeps. */
  capacity?: number
}

interface Ports {
  now: () => number
  fetch: typeof fetch
  log: LogLine
}

const deadlineMs = 5000
const answerLimitBytes = 64 * 1024
const keptShare = 0.75

export function passThroughTo({ endpoint, tokenKey, shared, capacity = 1000 }: Settings, ports: Ports): PassThrough {
  const { now, log } = ports
  const kept = new Map<string, KeptToken>()

  function keep(key: string, token: KeptToken): void {
    kept.delete(key)
    kept.set(key, token)
    const [oldest] = kept.keys()
    if (kept.size > capacity && oldest !== undefined) kept.delete(oldest)
  }

  async function withStore<T>(work: (store: SharedTokens) => Promise<T>): Promise<T | null> {
    if (shared === null) return null
    try {
      return await work(shared)
    } catch (thrown) {
      // By its class only: the client of the store quotes the command in its messages.
      const error = thrown instanceof Error ? thrown.name : typeof thrown
      log(eventLogLine({ atMs: now(), event: 'oauth2/token_store_failed', error }))
      return null
    }
  }

  return {
    async ask(client, scope) {
      const key = createHmac('sha256', tokenKey)
        .update(JSON.stringify([endpoint, client.clientId, client.secret, scope ?? null]))
        .digest('base64url')
      const here = kept.get(key)
      const found = here && here.keepUntilMs > now() ? here : await withStore((store) => store.get(key, client.secret))
      if (found && found.keepUntilMs > now()) {
        keep(key, found)
        return ok({ status: 200, body: { ...found.body, expires_in: Math.floor((found.expiresAtMs - now()) / 1000) } })
      }
      const askedAtMs = now()
      const passed = await pass(endpoint, client, scope, ports.fetch)
      if (!passed.ok) return passed
      const token = keepable(passed.value, askedAtMs)
      if (token) {
        keep(key, token)
        await withStore((store) => store.put(key, client.secret, token))
      }
      return passed
    },
  }
}

function keepable({ status, body }: Passed, askedAtMs: number): KeptToken | null {
  const { access_token, expires_in } = body
  if (status !== 200 || typeof access_token !== 'string' || typeof expires_in !== 'number' || !(expires_in > 0)) return null
  return { body, expiresAtMs: askedAtMs + expires_in * 1000, keepUntilMs: askedAtMs + expires_in * 1000 * keptShare }
}

const unavailable = () =>
  fail(failure('record/unavailable', 'The server that checks client credentials cannot be asked now.', { retryAfterSeconds: 2 }))

async function pass(endpoint: string, client: ShownClient, scope: string | undefined, fetcher: typeof fetch): Promise<Result<Passed>> {
  try {
    const response = await fetcher(endpoint, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(deadlineMs),
      ...asIt(client, scope),
    })
    const text = await response.text()
    const isOAuth = response.status === 200 || (response.status >= 400 && response.status < 500)
    if (!isOAuth || text.length > answerLimitBytes) return unavailable()
    const body: unknown = JSON.parse(text)
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return unavailable()
    return ok({ status: response.status, body: body as Record<string, unknown> })
  } catch {
    // Not reached, too late, or no JSON: nothing of what it said is for the client.
    return unavailable()
  }
}

/** The credentials the way they came: a server may accept one way and not the other. */
function asIt({ clientId, secret, method }: ShownClient, scope: string | undefined): { headers: Record<string, string>; body: string } {
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) })
  const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
  if (method === 'client_secret_post') {
    form.set('client_id', clientId)
    form.set('client_secret', secret)
  } else headers.authorization = `Basic ${Buffer.from(`${formEncoded(clientId)}:${formEncoded(secret)}`).toString('base64')}`
  return { headers, body: form.toString() }
}

const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1)
