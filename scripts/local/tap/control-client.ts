// Speaks to a tap's control door from another process: `npm run region`, tests, the other region's tap.
// Works in Node and in workerd, so the tests that run there can break regions too.

import type { RuleInput } from './faults.ts'
import type { Copy, CopyOutcome, PeerLink } from './replication.ts'

export interface RegionState {
  region: string
  url: string
  state: 'running' | 'stopped' | 'frozen'
  unsent: number
  held: number
  /** Since the region's process started: see Tap.traffic. */
  requests: number
  unanswered: number
  rules: Array<RuleInput & { id: number; hits: number; done: number }>
  enginePid?: number
}

export interface RemoteRule {
  id: number
  release(): Promise<unknown>
  remove(): Promise<unknown>
  hit(count?: number): Promise<unknown>
  finished(count?: number): Promise<unknown>
}

export function tapControl(controlUrl: string) {
  async function send<T = RegionState>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${controlUrl}${path}`, {
      method,
      headers: { 'x-tap-control': '1', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer = (await response.json()) as T & { message?: string }
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer.message ?? ''}`)
    return answer
  }
  return {
    state: () => send('GET', '/state'),
    stop: () => send('POST', '/stop'),
    freeze: () => send('POST', '/freeze'),
    start: () => send('POST', '/start'),
    setLag: (ms: number) => send('POST', '/lag', { ms }),
    pauseReplication: () => send('POST', '/replication', { paused: true }),
    resumeReplication: () => send('POST', '/replication', { paused: false }),
    connect: (peerControlUrl: string) => send('POST', '/peer', { controlUrl: peerControlUrl }),
    drained: () => send('POST', '/drained'),
    async hold(contains: string) {
      const { id } = await send<{ id: number }>('POST', '/holds', { contains })
      return { release: () => send<unknown>('DELETE', `/holds/${id}`) }
    },
    async addRule(input: RuleInput): Promise<RemoteRule> {
      const { id } = await send<{ id: number }>('POST', '/rules', input)
      return {
        id,
        release: () => send('POST', `/rules/${id}/release`),
        remove: () => send('DELETE', `/rules/${id}`),
        hit: (count = 1) => send('POST', `/rules/${id}/hit`, { count }),
        finished: (count = 1) => send('POST', `/rules/${id}/finished`, { count }),
      }
    },
    clearRules: () => send<unknown>('DELETE', '/rules'),
    replicate: (copies: Copy[]) => send<CopyOutcome[]>('POST', '/replicate', copies),
  }
}

export type TapControl = ReturnType<typeof tapControl>

export const httpPeer = (controlUrl: string): PeerLink => tapControl(controlUrl).replicate
