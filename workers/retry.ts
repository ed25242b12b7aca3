// Calls to a Durable Object, repeated only where that is right (partyserver's rule): when the error says `retryable`
// and not `overloaded`, through a fresh stub each time (a stub that broke stays broken), after a pause with full
// jitter. Every command carries an event id or a key, so a repeat has no second effect.
//
// Whatever still fails becomes ObjectUnavailable when the platform said so, and is thrown on as the bug it is when not.

import { ObjectUnavailable } from './edge/object-unavailable.ts'

export interface RetryPorts {
  /** In [0, 1). */
  random: () => number
  sleep: (ms: number) => Promise<void>
}

const attempts = 4
const baseMs = 25
const capMs = 400

/** What the runtime sets on errors of stub calls: `remote` tells what the object threw from what the way to it did. */
interface StubError {
  retryable?: boolean
  overloaded?: boolean
  remote?: boolean
}

export async function callObject<T>(call: () => Promise<T>, { random, sleep }: RetryPorts): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call()
    } catch (thrown) {
      const { retryable = false, overloaded = false, remote = false } = (thrown ?? {}) as StubError
      if (retryable && !overloaded && attempt + 1 < attempts) {
        await sleep(random() * Math.min(capMs, baseMs * 2 ** attempt))
        continue
      }
      if (retryable || overloaded || !remote) throw new ObjectUnavailable(thrown, overloaded)
      throw thrown
    }
  }
}

/** The object's interface with every call retried. `stub` makes a fresh one. */
export function retrying<Rpc extends object>(stub: () => Rpc, ports: RetryPorts): Rpc {
  type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>
  return new Proxy({} as Rpc, {
    get(_, name) {
      // A proxy that answered `then` would be taken for a promise by whoever awaits it.
      if (typeof name !== 'string' || name === 'then') return undefined
      return (...args: unknown[]) => callObject(() => (stub() as Methods)[name]?.(...args) as Promise<unknown>, ports)
    },
  })
}
