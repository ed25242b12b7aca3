// The shape of the one structured line that each request and each queue batch leaves. Only the fields named here are
// written: no header, no token, no body, no query value ever reaches a log, because nothing here can carry one.

export interface RequestFacts {
  requestId: string
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
  durationMs: number
  /** Milliseconds until the caller was known. */
  authMs?: number
  durability?: 'record' | 'edge'
  replayed?: boolean
  /** Class and message of what was thrown, for the operator alone. */
  error?: string
  traceparent?: string
}

export interface EventFactsLine {
  atMs: number
  event: string
  workspaceId?: string
  count?: number
  durationMs?: number
  error?: string
}

export type LogLine = (line: string) => void

const level = (status: number): 'info' | 'warn' | 'error' => (status >= 500 ? 'error' : status === 429 || status === 503 ? 'warn' : 'info')

/** One line of JSON for a request; absent members are left out. */
export function requestLogLine(facts: RequestFacts): string {
  const { subject, userId } = facts
  const masked = { subject: subject && withoutAddresses(subject), userId: userId && withoutAddresses(userId) }
  return JSON.stringify({
    kind: 'request',
    level: level(facts.status),
    at: new Date(facts.atMs).toISOString(),
    ...facts,
    ...masked,
    atMs: undefined,
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
  const [said = ''] = text.split(/\s*\nparams: /)
  return withoutAddresses(said.replace(/eyJ[\w-]{5,}\.[\w-]+(\.[\w-]*)?/g, '[token]')).slice(0, 500)
}

/** Some issuers name people by their e-mail address; a log does not. */
export const withoutAddresses = (text: string): string => text.replace(/[^\s"'<>(),:;[\]\\]+@[^\s"'<>(),:;[\]\\]+/g, '[address]')
