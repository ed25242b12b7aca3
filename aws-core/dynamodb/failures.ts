// What a failed call to DynamoDB means, by one question: is the outcome known?
//
// Guarantees: `dynamo/unavailable` and `dynamo/refused` are said only where this request certainly changed nothing.
// Everything that cannot be told apart is `dynamo/unknown_outcome`. In workerd that is nearly every network error: a
// refused connection, one reset before and one reset after the request was sent all reject with "Network connection
// lost." and the same properties (name resolution with an "internal error"), so only Node's `cause` proves anything.

export interface CancellationReason {
  /** `None` for the parts that were not at fault. */
  code: string
  /** What stood there, for parts that asked for it (ReturnValuesOnConditionCheckFailure: ALL_OLD) and were there. */
  item?: Attributes
}

export type Attributes = Record<string, { S?: string; N?: string }>

/** `isOurs`: this isolate itself queued or stood still, so it says nothing about the other side. */
export type DynamoFailure =
  /** Never sent, or throttled to the end: nothing was written. */
  | { code: 'dynamo/unavailable'; detail: string; isOurs?: true }
  /** May have been carried out, or may be yet. */
  | { code: 'dynamo/unknown_outcome'; detail: string; isOurs?: true }
  | { code: 'dynamo/condition_failed' }
  /** Nothing was written; `reasons` are aligned with the transaction's parts. */
  | { code: 'dynamo/transaction_cancelled'; reasons: CancellationReason[] }
  /** The request itself is not accepted; the same request will not be either. `type` is AWS's name for it. */
  | { code: 'dynamo/refused'; type: string; detail: string }

export interface Classified {
  failure: DynamoFailure
  /** Worth sending again after a pause: nothing was written by this attempt, and nothing is wrong with the request. */
  retry: boolean
}

const throttles = new Set([
  'ThrottlingException',
  'Throttling',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  // Inside a cancelled transaction.
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
])

// Another request holds the item. With one writer a log, that is an earlier send of ours that is still being carried
// out: it may yet land, so a call that ends on this never says "nothing was written".
const contentions = new Set([
  'TransactionInProgressException',
  'TransactionConflictException',
  'TransactionConflict',
  'ReplicatedWriteConflictException',
])

/** An answer with a status other than 200. `requestId` is what AWS support asks for. */
export function classifyAnswer(status: number, body: string, requestId: string | null): Classified {
  const parsed = parseObject(body)
  const type = errorType(parsed)
  const detail = `${type || 'no error type'}, HTTP ${status}${requestId ? `, request ${requestId}` : ''}${sentence(parsed)}`
  if (throttles.has(type) || status === 429) return { failure: { code: 'dynamo/unavailable', detail }, retry: true }
  if (contentions.has(type)) return { failure: { code: 'dynamo/unknown_outcome', detail }, retry: true }
  // AWS says of InternalServerError and 503 that the write may have been done. 408 comes from a middleman that gave up waiting.
  if (status >= 500 || status === 408 || status < 400) return { failure: { code: 'dynamo/unknown_outcome', detail }, retry: false }
  if (type === 'ConditionalCheckFailedException') return { failure: { code: 'dynamo/condition_failed' }, retry: false }
  if (type === 'TransactionCanceledException') return cancelled(parsed, detail)
  return { failure: { code: 'dynamo/refused', type, detail }, retry: false }
}

/** A fetch that rejected, or a body that broke off. */
export function classifyThrown(error: unknown): DynamoFailure {
  const detail = describe(error)
  return neverConnected(error) ? { code: 'dynamo/unavailable', detail } : { code: 'dynamo/unknown_outcome', detail }
}

/** A failed condition outweighs what is passing: with it, sending again changes nothing. */
function cancelled(body: Record<string, unknown>, detail: string): Classified {
  const listed = Array.isArray(body.CancellationReasons) ? body.CancellationReasons : []
  const reasons: CancellationReason[] = listed.map((reason) => ({ code: String(reason?.Code ?? 'None'), item: reason?.Item }))
  const faults = reasons.map((reason) => reason.code).filter((code) => code !== 'None')
  if (faults.includes('ConditionalCheckFailed')) return { failure: { code: 'dynamo/transaction_cancelled', reasons }, retry: false }
  const why = `${detail} [${faults.join(', ')}]`
  const passing = faults.length > 0 && faults.every((code) => throttles.has(code) || contentions.has(code))
  if (!passing)
    return { failure: { code: 'dynamo/refused', type: faults.join(',') || 'TransactionCanceledException', detail: why }, retry: false }
  const code = faults.some((fault) => contentions.has(fault)) ? 'dynamo/unknown_outcome' : 'dynamo/unavailable'
  return { failure: { code, detail: why }, retry: true }
}

/** True only where the network stack says that the name was not found or no connection was made. */
function neverConnected(error: unknown): boolean {
  const cause = (error as { cause?: unknown } | null)?.cause as { syscall?: string; code?: string; errors?: unknown[] } | undefined
  if (!cause) return false
  // Both address families were tried: Node hands over one error for each.
  if (Array.isArray(cause.errors) && cause.errors.length > 0) return cause.errors.every((each) => neverConnected({ cause: each }))
  return cause.syscall === 'connect' || cause.syscall === 'getaddrinfo' || cause.code === 'UND_ERR_CONNECT_TIMEOUT'
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'unnamed error'
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : ''
  return `${error.name}: ${error.message}${cause}`.slice(0, 300)
}

function errorType(body: Record<string, unknown>): string {
  const type = body.__type ?? body.code
  return typeof type === 'string' ? type.slice(type.lastIndexOf('#') + 1) : ''
}

function sentence(body: Record<string, unknown>): string {
  const message = body.message ?? body.Message
  return typeof message === 'string' ? `: ${message.slice(0, 300)}` : ''
}

/** An empty object for what is not a JSON object: a middleman's HTML says nothing that we may rely on. */
function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
