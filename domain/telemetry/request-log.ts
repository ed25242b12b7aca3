// The shape of the one structured line that each request and each queue batch leaves. Only the fields named here are
// written: no header, no token, no body, no query value ever reaches a log, because nothing here can carry one.

export interface RequestFacts {
  requestId: string
  /** The request's trace and its own span in it: what `traceresponse` told the caller. */
  traceId?: string
  spanId?: string
  atMs: number
  method: string
  /** The declared pattern (`/app/v1/users/:userId`), never the path as it came: paths carry ids. */
  route: string
  status: number
  /** The failure's code, when there was one. */
  code?: string
  operationId?: string
  workspaceId?: string
  /** The token's subject, and the user the call acted as. */
  subject?: string
  userId?: string
  /** Ids of the policies that decided. */
  policies?: string[]
  /** As the edge saw it: two letters. */
  country?: string
  /** The whole, and its parts in the order in which they pass; a part that was not reached is left out. */
  durationMs: number
  authMs?: number
  policyMs?: number
  limitMs?: number
  handlerMs?: number
  durability?: 'record' | 'edge'
  replayed?: boolean
  /** Class and message of what was thrown, for the operator alone. */
  error?: string
  /** How many requests that were refused alike since the last such line this one stands for too. */
  leftOut?: number
}

export type Outcome = 'ok' | 'refused' | 'limited' | 'failed'

/** `failed` is ours to look at, `refused` the caller's. */
export function outcomeOf(status: number): Outcome {
  if (status >= 500) return 'failed'
  if (status === 429) return 'limited'
  return status >= 400 ? 'refused' : 'ok'
}

export interface EventFactsLine {
  atMs: number
  event: string
  traceId?: string
  workspaceId?: string
  count?: number
  durationMs?: number
  error?: string
}

export type LogLine = (line: string) => void

const level = (status: number): 'info' | 'warn' | 'error' => (status >= 500 ? 'error' : status === 429 || status === 503 ? 'warn' : 'info')

/** One line of JSON for a request; absent members are left out, and so is whatever the facts do not name. */
export function requestLogLine(facts: RequestFacts): string {
  return JSON.stringify({
    kind: 'request',
    level: level(facts.status),
    at: new Date(facts.atMs).toISOString(),
    requestId: facts.requestId,
    traceId: facts.traceId,
    spanId: facts.spanId,
    method: facts.method,
    route: facts.route,
    status: facts.status,
    outcome: outcomeOf(facts.status),
    code: facts.code,
    operationId: facts.operationId,
    workspaceId: facts.workspaceId,
    subject: facts.subject && withoutAddresses(facts.subject),
    userId: facts.userId && withoutAddresses(facts.userId),
    policies: facts.policies?.length ? facts.policies : undefined,
    country: facts.country,
    durationMs: facts.durationMs,
    authMs: facts.authMs,
    policyMs: facts.policyMs,
    limitMs: facts.limitMs,
    handlerMs: facts.handlerMs,
    durability: facts.durability,
    replayed: facts.replayed,
    error: facts.error,
    leftOut: facts.leftOut,
  })
}

/** One line of JSON for what is no request: a queue batch, a refused command, a consumer's failure. */
export function eventLogLine(facts: EventFactsLine): string {
  const at = new Date(facts.atMs).toISOString()
  return JSON.stringify({ kind: 'event', level: facts.error ? 'error' : 'info', at, ...facts, atMs: undefined })
}

/**
 * What of a thrown value goes into a log: its class and message, with anything that looks like a token or an address cut
 * out. Drizzle's messages end with the values that were bound, which are rows of people: those go too.
 */
export function describeError(thrown: unknown): string {
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `thrown ${typeof thrown}`
  const [said = ''] = beginningOf(text).split(/\s*\nparams: /)
  return withoutAddresses(said.replace(/eyJ[\w-]{5,}\.[\w-]+(\.[\w-]*)?/g, '[token]')).slice(0, 500)
}

/** Messages may quote a whole input, and looking for tokens takes time with the square of a text's length. No word is cut in two: half an address is not seen to be one. */
function beginningOf(text: string): string {
  if (text.length <= lookedAt) return text
  return text
    .slice(0, lookedAt)
    .split(/([\s"'<>(),:;[\]\\])/)
    .slice(0, -1)
    .join('')
}
const lookedAt = 2000

/** Some issuers name people by their e-mail address; a log does not. Looks at each word once, so its time grows with the text and no faster. */
export const withoutAddresses = (text: string): string =>
  text.replace(/[^\s"'<>(),:;[\]\\]+/g, (word) => {
    const at = word.indexOf('@', 1)
    return at > 0 && at < word.length - 1 ? '[address]' : word
  })
