// A limit per address, for routes where nobody is known yet: the Workers rate limiting binding, which counts per location
// and not exactly. What is limited here is guessing, and the binding costs no call out of the machine.
//
// When the binding throws, this isolate counts by itself, by the same limit: neither does everybody lose the way in, nor is
// the way open to guessing. Addresses are forgotten when there are too many of them.

import { TokenBucket } from '../../../domain/limits/token-bucket.ts'
import type { Limit } from '../../../domain/limits/types.ts'
import { RecentMap } from './recent-map.ts'

export interface AddressLimitPorts {
  now: () => number
  /** At most once a second. */
  report: (event: { event: 'address_limit/unavailable'; message: string }) => void
}

/** What is used of the binding (`RateLimit` of the runtime). */
export interface LimitBinding {
  limit(request: { key: string }): Promise<{ success: boolean }>
}

const remembered = 10_000
const reportEveryMs = 1_000

/** `limit` is what the binding is configured to. The function answers whether one more request of the address may pass; it never throws. */
export function addressLimit(
  binding: LimitBinding,
  limit: Limit,
  { now, report }: AddressLimitPorts,
): (address: string) => Promise<boolean> {
  const own = new RecentMap<TokenBucket>(remembered)
  let reportedAtMs = Number.NEGATIVE_INFINITY

  function countHere(key: string, thrown: unknown): boolean {
    const nowMs = now()
    if (Math.abs(nowMs - reportedAtMs) >= reportEveryMs) {
      report({ event: 'address_limit/unavailable', message: thrown instanceof Error ? thrown.message : String(thrown) })
      reportedAtMs = nowMs
    }
    const bucket = own.get(key) ?? new TokenBucket(limit, nowMs)
    own.set(key, bucket)
    return bucket.take(1, nowMs).allowed
  }

  return async (address) => {
    const key = addressKey(address)
    try {
      return (await binding.limit({ key })).success
    } catch (thrown) {
      return countHere(key, thrown)
    }
  }
}

/**
 * What is counted as one caller: an IPv4 address, and the /64 of an IPv6 address, since that much is given to one household
 * (RFC 6177). An IPv4 address written as IPv6 (RFC 4291, 2.5.5.2) is the IPv4 address. What is no address counts as it stands.
 */
export function addressKey(address: string): string {
  const bare = address.trim().toLowerCase().replace(/%.*$/, '')
  if (!bare.includes(':')) return bare
  const [head = '', tail] = bare.replace(dotted, inGroups).split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = new Array<string>(tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)).fill('0')
  const groups = [...left, ...zeros, ...right].map((group) => group.replace(/^0+(?=.)/, ''))
  if (groups.length === 8 && groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff') return groups.slice(6).map(asDotted).join('.')
  return `${groups.slice(0, 4).join(':')}::/64`
}

const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/
const inGroups = (_: string, ...bytes: string[]): string => [pair(bytes[0], bytes[1]), pair(bytes[2], bytes[3])].join(':')
const pair = (high: string | undefined, low: string | undefined): string => (Number(high) * 256 + Number(low)).toString(16)
const asDotted = (group: string): string => `${Number.parseInt(group, 16) >> 8}.${Number.parseInt(group, 16) & 255}`
