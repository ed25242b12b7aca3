// A machine's client of the public API. It knows nothing but the contract's habits: it obeys Retry-After on 429 and
// 503 (for all its requests, not only the one that was refused), repeats what failed on the way with full jitter, and
// carries one idempotency key through all repeats of a request. It gives up only when its patience for one request is
// spent, since a platform that is killed and started again in between is no reason to lose an import.

export type Context = 'app' | 'dashboard'

export interface Api {
  baseUrl: string
  /** A fresh token; asked again when the one in hand is about to expire or was refused. */
  token(context: Context): Promise<string>
}

export interface ClientOptions {
  /** How long one request may wait for a server that is away or overloaded. */
  patienceMs?: number
  /** How long one attempt may take. */
  attemptMs?: number
  now?: () => number
  /** 0 to 1. */
  random?: () => number
  newKey?: () => string
  sleep?: (ms: number) => Promise<void>
  fetch?: typeof fetch
  onWait?: (reason: string, ms: number) => void
}

/** How a caller of the client waits between requests. */
export type Waiting = Required<Pick<ClientOptions, 'sleep' | 'random' | 'now' | 'patienceMs'>>

export const defaultPatienceMs = 10 * 60_000
export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export interface Reply {
  status: number
  headers: Headers
  /** Parsed JSON; null when there was none. */
  body: unknown
}

export interface Client {
  /** The first answer that is neither 401 for an old token, nor 429, nor 5xx (a 500 that stays is answered too). Throws `Unavailable` when patience ends. */
  send(context: Context, method: 'GET' | 'POST' | 'PATCH' | 'PUT', path: string, body?: unknown): Promise<Reply>
}

/** The server was away, or kept refusing, for longer than the client would wait. */
export class Unavailable extends Error {}
/** The server understood and refused. */
export class Refused extends Error {
  readonly reply: Reply

  constructor(message: string, reply: Reply) {
    super(message)
    this.reply = reply
  }
}

/** The body of an expected answer; throws `Refused` with the problem document's own words otherwise. */
export function expectStatus<T>(reply: Reply, what: string, ...expected: number[]): T {
  if (!expected.includes(reply.status)) throw new Refused(`${what}: ${problemOf(reply.status, reply.body)}`, reply)
  return reply.body as T
}

export function problemOf(status: number, body: unknown): string {
  const problem = (body ?? {}) as { code?: string; detail?: string; message?: string; errors?: { pointer?: string; detail?: string }[] }
  const errors = (problem.errors ?? []).map((error) => `${error.pointer ?? ''} ${error.detail ?? ''}`.trim())
  return [status, problem.code, problem.detail ?? problem.message, ...errors].filter(Boolean).join(' · ')
}

const firstDelayMs = 100
const longestDelayMs = 5_000
/** A 500 may be a bug that meets the same request every time. */
const bugTries = 6

/** Full jitter: anything up to a bound that doubles. */
export const jitterMs = (tries: number, random: () => number): number =>
  Math.ceil(random() * Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(tries, 10)))

/** A token is left alone for its last minute: it must outlive the request that carries it. */
const tokenMarginMs = 60_000

export function apiClient(api: Api, options: ClientOptions = {}): Client {
  const now = options.now ?? Date.now
  const random = options.random ?? Math.random
  const newKey = options.newKey ?? (() => crypto.randomUUID())
  const sleep = options.sleep ?? wait
  const request = options.fetch ?? fetch
  const patienceMs = options.patienceMs ?? defaultPatienceMs
  const attemptMs = options.attemptMs ?? 60_000
  const tokens = new Map<Context, { value: string; expiresAtMs: number }>()
  let hadToken = false
  let resumeAtMs = 0

  async function tokenFor(context: Context): Promise<string> {
    const held = tokens.get(context)
    if (held && held.expiresAtMs - tokenMarginMs > now()) return held.value
    const value = await api.token(context)
    tokens.set(context, { value, expiresAtMs: expiryMs(value) ?? now() + 5 * 60_000 })
    hadToken = true
    return value
  }

  /** A failure text when nothing came back: refused, cut off, or too late. */
  async function attempt(context: Context, method: string, path: string, body: unknown, key: string): Promise<Reply | string> {
    const headers: Record<string, string> = { accept: 'application/json' }
    if (method !== 'GET') headers['x-idempotency-key'] = key
    if (body !== undefined) headers['content-type'] = 'application/json'
    try {
      headers.authorization = `Bearer ${await tokenFor(context)}`
    } catch (error) {
      // The first token tells whether tokens can be had at all; a later one may meet a server that is starting again.
      if (!hadToken) throw error
      return `no token: ${error instanceof Error ? error.message : error}`
    }
    try {
      const response = await request(new URL(path, api.baseUrl), {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(attemptMs),
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, body: text === '' ? null : parseJson(text) }
    } catch {
      return 'no answer'
    }
  }

  return {
    async send(context, method, path, body) {
      const key = newKey()
      const startedAtMs = now()
      let refusedToken = false
      for (let tries = 0; ; tries++) {
        const heldBackMs = resumeAtMs - now()
        if (heldBackMs > 0) await sleep(heldBackMs)
        const outcome = await attempt(context, method, path, body, key)
        const reply = typeof outcome === 'string' ? null : outcome
        if (reply?.status === 401 && !refusedToken) {
          refusedToken = true
          tokens.delete(context)
          continue
        }
        if (reply && reply.status < 500 && reply.status !== 429) return reply
        if (reply?.status === 500 && tries >= bugTries) return reply
        const askedMs = reply ? retryAfterMs(reply.headers.get('retry-after'), now()) : null
        const waitMs = Math.max(askedMs ?? 0, jitterMs(tries, random))
        const reason = typeof outcome === 'string' ? outcome : problemOf(outcome.status, outcome.body)
        if (now() + waitMs - startedAtMs > patienceMs) {
          throw new Unavailable(`${method} ${path}: ${reason}, for ${Math.round((now() - startedAtMs) / 1000)} s`)
        }
        options.onWait?.(reason, waitMs)
        if (askedMs === null) await sleep(waitMs)
        else resumeAtMs = Math.max(resumeAtMs, now() + waitMs)
      }
    },
  }
}

/** RFC 9110, section 10.2.3: seconds, or a date. Null when absent or neither. */
export function retryAfterMs(value: string | null, nowMs: number): number | null {
  if (value === null) return null
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000
  const atMs = Date.parse(value)
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs)
}

/** The token's own `exp`, unverified: only the server must believe it. */
function expiryMs(token: string): number | null {
  const claims = parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as { exp?: unknown } | null
  return typeof claims?.exp === 'number' ? claims.exp * 1000 : null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
