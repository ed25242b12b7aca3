// The whole Worker, with its real objects, index, bucket and regions, on a log and on issuers of the tests' own. What
// the handlers ask of the ports is noted, so that a test sees whether anything was read.

import { env } from 'cloudflare:workers'
import { laurelApp } from '../../../workers/app-of.ts'
import { edgePartsOf } from '../../../workers/composition.ts'
import type { Services } from '../../../workers/services.ts'
import { issuers } from './tokens.ts'

export interface Ask {
  method?: string
  /** With its query. */
  path: string
  token?: string | null
  /** Sent as JSON. */
  body?: unknown
  /** Sent as it is, in place of `body`. */
  raw?: BodyInit
  headers?: Record<string, string>
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The parsed body; undefined where there is none or it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: what was answered is what the tests are about
  json: any
}

const bindings = env as unknown as Env

export function securityWorld() {
  const lines: string[] = []
  const touched: string[] = []
  // Publishing need not wait for other isolates here: there are none.
  const parts = edgePartsOf({ ...bindings, ISSUERS: issuers, RULES_REMEMBERED_MS: '0' })
  const services = watched(parts.services, touched)
  // Nobody is counted by address: all requests come from none.
  const addressLimits = { 'sign-in': async () => true, token: async () => true, transform: async () => true }
  const { app, edge } = laurelApp({ ...parts, services, addressLimits, log: (line) => lines.push(line) })

  async function ask({ method = 'GET', path, token, body, raw, headers: given }: Ask): Promise<Answer> {
    const headers = new Headers(given)
    if (token != null) headers.set('authorization', `Bearer ${token}`)
    if (body !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json')
    const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const request = new Request(`http://laurel.test${path}`, { method, headers, ...(sent !== undefined && { body: sent }) })
    const response = await app.fetch(request, bindings)
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: parsed(text) }
  }

  return { app, edge, ask, services: parts.services, lines, touched, operatorKey: bindings.OPERATOR_KEY }
}

export type World = ReturnType<typeof securityWorld>

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The ports that reach data. Loading a rule set is how a workspace is known to exist, so it comes before the policy. */
function watched(services: Services, touched: string[]): Services {
  const noting = <T extends object>(name: string, port: T): T =>
    new Proxy(port, {
      get(target, member) {
        const value = Reflect.get(target, member)
        if (typeof value !== 'function') return value
        return (...operands: unknown[]) => {
          touched.push(`${name}.${String(member)}`)
          return Reflect.apply(value, target, operands)
        }
      },
    })
  return new Proxy(services, {
    get(target, member) {
      if (member === 'index' || member === 'blobs' || member === 'origin' || member === 'edgeCache') return noting(member, target[member])
      if (member === 'player' || member === 'workspace' || member === 'leaderboard' || member === 'upload') {
        const open = target[member] as (ref: unknown) => object
        return (ref: unknown) => noting(member, open(ref))
      }
      if (member === 'enqueue' || member === 'pingPending') touched.push(member)
      return Reflect.get(target, member)
    },
  })
}
