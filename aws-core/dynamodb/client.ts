// One region's DynamoDB over fetch (JSON 1.0, SigV4).
//
// Guarantees: a call ends by its deadline, waiting in line and pauses included; every failure says whether the outcome
// is known (failures.ts); at most `maxConcurrent` calls are under way. Only throttling and contention are sent again
// (nothing was written by them), with full jitter. A call whose outcome is unknown is never repeated here: its log's
// writer decides, since it knows what a repeat means.

import { fail, ok, type Result } from '../../domain/result.ts'
import type { RetryBudget } from '../regions/retry-budget.ts'
import type { Signer } from '../signer.ts'
import { type Classified, classifyAnswer, classifyThrown, type DynamoFailure } from './failures.ts'
import { type DeadlineTimers, patientDeadline, platformTimers } from './patient-deadline.ts'
import { createPermits } from './permits.ts'

export type { DynamoFailure } from './failures.ts'

export type Fetch = (request: Request, init: { signal: AbortSignal }) => Promise<Response>

export interface DynamoClientSettings {
  region: string
  /** Only where it is not AWS's own. */
  endpoint?: string
  signer: Signer
  fetch: Fetch
  /** For one call, attempts and pauses together; time in which this isolate stood still does not count. */
  timeoutMs: number
  timers?: DeadlineTimers
  /** Whether one more attempt may be sent; asked before each but the first. Default: always. */
  retries?: RetryBudget
  /** In [0, 1). */
  random: () => number
  sleep: (ms: number) => Promise<void>
  /** Default 2: two regions then hold four of an invocation's six connections. */
  maxConcurrent?: number
  /** Attempts on throttling, the first included. Default 4. */
  maxAttempts?: number
}

export interface DynamoClient {
  /** `body` is the operation's input as JSON; the value is its output. Rejects only on bugs. */
  send<Output = Record<string, unknown>>(
    operation: string,
    body: object,
    options?: { timeoutMs?: number },
  ): Promise<Result<Output, DynamoFailure>>
}

const pauseBaseMs = 25
const pauseCapMs = 400

/** Full jitter: anywhere between nothing and what doubling allows, so that a crowd does not come back as one. */
export const pauseMs = (attempt: number, random: () => number): number => random() * Math.min(pauseCapMs, pauseBaseMs * 2 ** attempt)

export function dynamoClient(settings: DynamoClientSettings): DynamoClient {
  // Taken out of `settings`: workerd's own fetch throws when it is called as a method of something else.
  const { signer, fetch, random, sleep, retries, maxAttempts = 4, timers = platformTimers(() => Date.now()) } = settings
  const url = settings.endpoint ?? `https://dynamodb.${settings.region}.amazonaws.com/`
  const permits = createPermits(settings.maxConcurrent ?? 2)

  async function attempt(
    operation: string,
    body: string,
    signal: AbortSignal,
  ): Promise<{ ok: true; value: unknown } | ({ ok: false } & Classified)> {
    const request = await signer.sign({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `DynamoDB_20120810.${operation}` },
      body,
    })
    try {
      const response = await fetch(request, { signal })
      const text = await response.text()
      if (response.status !== 200) return { ok: false, ...classifyAnswer(response.status, text, response.headers.get('x-amzn-requestid')) }
      return { ok: true, value: JSON.parse(text) }
    } catch (error) {
      return { ok: false, failure: classifyThrown(error), retry: false }
    }
  }

  async function attempts(operation: string, body: string, signal: AbortSignal): Promise<Result<unknown, DynamoFailure>> {
    let contention: DynamoFailure | null = null
    retries?.sent()
    for (let made = 1; ; made += 1) {
      const tried = await attempt(operation, body, signal)
      if (tried.ok) return ok(tried.value)
      if (!tried.retry) return fail(tried.failure)
      // An earlier send was seen to be under way: being throttled after that does not make it unwritten.
      if (tried.failure.code === 'dynamo/unknown_outcome') contention = tried.failure
      if (made >= maxAttempts || retries?.spend() === false) return fail(contention ?? tried.failure)
      await Promise.race([sleep(pauseMs(made, random)), aborted(signal)])
      if (signal.aborted) return fail(contention ?? tried.failure)
    }
  }

  return {
    async send<Output>(operation: string, body: object, options: { timeoutMs?: number } = {}) {
      const deadline = patientDeadline(options.timeoutMs ?? settings.timeoutMs, timers)
      if (!(await permits.take(deadline.signal))) {
        deadline.end()
        return fail<DynamoFailure>({
          code: 'dynamo/unavailable',
          detail: 'waited for a connection until the deadline; not sent',
          isOurs: true,
        })
      }
      try {
        const sent = (await attempts(operation, JSON.stringify(body), deadline.signal)) as Result<Output, DynamoFailure>
        return sent.ok || !deadline.lagged ? sent : fail(blamedOnUs(sent.error))
      } finally {
        deadline.end()
        permits.give()
      }
    },
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** This isolate stood still while the call was out: that it has no answer is not the other side's doing. */
const blamedOnUs = (failed: DynamoFailure): DynamoFailure =>
  failed.code === 'dynamo/unknown_outcome' || failed.code === 'dynamo/unavailable' ? { ...failed, isOurs: true } : failed
