// The operator's API as the scripts use it: where it is and its key come from the run file and the local keys; LAUREL_DIR
// names another state directory, LAUREL_URL with LAUREL_OPERATOR_KEY another platform.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readRun } from '../local/run-file.ts'
import { stateDir } from '../local/state-dir.ts'
import { workspaceIdOf } from '../local/tokens.ts'

/** Paths are below /platform/v1. Throws in the server's own words; a 503 is asked again. */
export interface PlatformApi {
  get<T>(path: string): Promise<T>
  post<T>(path: string, body?: unknown): Promise<T>
}

/** Paths are below /platform/v1/workspaces/{workspaceId}. */
export interface Operator extends PlatformApi {
  workspaceId: string
  /** Every item of a paged GET. */
  all<T>(path: string): AsyncGenerator<T>
}

interface Page<T> {
  items: T[]
  next: string | null
}

/** From the command line: `--workspace W`, an id or a name. Throws what a user can act on. */
export function operatorFromCommandLine(command: string): Operator {
  const { values } = parseArgs({ options: { workspace: { type: 'string' } } })
  if (!values.workspace) throw new Error(`Which workspace? npm run ${command} -- --workspace W`)
  const { baseUrl, key } = platformAddress()
  return operator(baseUrl, key, workspaceIdOf(values.workspace))
}

/** Throws what a user can act on. */
export function platformAddress(): { baseUrl: string; key: string } {
  const { LAUREL_URL, LAUREL_OPERATOR_KEY } = process.env
  const state = stateDir()
  const baseUrl = LAUREL_URL ?? readRun(state.runFile)?.baseUrl
  if (!baseUrl) throw new Error(`No platform is running on ${state.dir}. Start one: npm start`)
  return { baseUrl, key: LAUREL_OPERATOR_KEY ?? readFileSync(join(state.keys, 'operator-key'), 'utf8').trim() }
}

export function platformApi(baseUrl: string, key: string): PlatformApi {
  async function ask<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(`${baseUrl}/platform/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      if (response.ok) return JSON.parse(text) as T
      if (response.status !== 503 || attempt === 5) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`)
      await pause(Number(response.headers.get('retry-after') ?? 1) * 1000)
    }
  }
  return { get: (path) => ask('GET', path), post: (path, body) => ask('POST', path, body) }
}

export function operator(baseUrl: string, key: string, workspaceId: string): Operator {
  const api = platformApi(baseUrl, key)
  const at = `/workspaces/${workspaceId}`
  return {
    workspaceId,
    get: (path) => api.get(at + path),
    post: (path, body) => api.post(at + path, body),
    async *all<T>(path: string) {
      for (let after: string | null = null; ; ) {
        const query: string = after === null ? '' : `?after=${encodeURIComponent(after)}`
        const page: Page<T> = await api.get(at + path + query)
        yield* page.items
        if (page.next === null) return
        after = page.next
      }
    },
  }
}

/** A POST that goes through all users, page by page; `sum` is called with each page's answer. */
export async function throughUsers<T extends { next: string | null }>(to: Operator, path: string, sum: (page: T) => void): Promise<void> {
  for (let after: string | null = null; ; ) {
    const page: T = await to.post<T>(after === null ? path : `${path}?after=${encodeURIComponent(after)}`)
    sum(page)
    if (page.next === null) return
    after = page.next
  }
}

/**
 * Removes from the index what is not named and older than `beforeMs`. `keep` is in the index's own order, and goes in parts
 * that a body can hold: each names all that stays up to its last.
 */
export async function pruneIndex(to: Operator, kind: string, keep: string[], beforeMs: number, atOnce = 20_000): Promise<void> {
  for (let first = 0; ; first += atOnce) {
    const isLast = first + atOnce >= keep.length
    const part = keep.slice(first, first + atOnce)
    const after = first === 0 ? {} : { after: keep[first - 1] }
    const through = isLast ? {} : { through: part.at(-1) }
    await to.post(`/index/${kind}/prune`, { keep: part, beforeMs, ...after, ...through })
    if (isLast) return
  }
}

/** Lets every object do what its alarm would, until nothing waits to be written or applied. False when something still does after `patienceMs`. */
export async function settleAll(to: Operator, patienceMs = 60_000): Promise<boolean> {
  const untilMs = Date.now() + patienceMs
  for (;;) {
    const own = await to.post<{ outbox: number; waiting: number }>('/settle')
    let left = own.outbox + own.waiting
    await throughUsers<{ outbox?: number; waiting?: number; next: string | null }>(to, '/settle/users', ({ outbox = 0, waiting = 0 }) => {
      left += outbox + waiting
    })
    if (left === 0) return true
    if (Date.now() >= untilMs) return false
    await pause(500)
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
