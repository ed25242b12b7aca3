// An outcome as response fields: RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-11, sections 3 and
// 4), and Retry-After when refused. Names and numbers only, so writing structured fields needs no library.

import type { Limit } from '../../../domain/limits/types.ts'
import type { LimitOutcome, LimitPolicy } from './limiter.ts'

/** A policy's item is the same for everybody on the same plan: the last one written is kept. */
const written = new Map<LimitPolicy, { quota: number; windowSeconds: number; item: string }>()

function policyItem(policy: LimitPolicy, { quota, windowSeconds }: Limit): string {
  const last = written.get(policy)
  if (last && last.quota === quota && last.windowSeconds === windowSeconds) return last.item
  const item = `"${policy}";q=${quota};w=${windowSeconds}`
  written.set(policy, { quota, windowSeconds, item })
  return item
}

/**
 * `t` is in how many seconds all of the quota is there again; where nothing is left, in how many the next request may
 * pass. Retry-After is that of the policy that refuses longest, so never before the end of its `t` (section 6).
 */
export function limitFields({ standings, retryAfterSeconds }: LimitOutcome): Record<string, string> {
  if (standings.length === 0) return {}
  let policies = ''
  let limits = ''
  for (const { policy, limit, remaining, resetSeconds } of standings) {
    const separator = policies === '' ? '' : ', '
    policies += separator + policyItem(policy, limit)
    limits += `${separator}"${policy}";r=${remaining};t=${resetSeconds}`
  }
  const fields: Record<string, string> = { 'ratelimit-policy': policies, ratelimit: limits }
  if (retryAfterSeconds !== undefined) fields['retry-after'] = String(retryAfterSeconds)
  return fields
}
