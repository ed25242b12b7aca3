// Every route there is, asked of the app itself, and requests to it.

import { laurelApp } from '../../../workers/app-of.ts'
import type { RouteFacts } from '../../../workers/edge/route.ts'
import type { CallerKind, Case } from './case.ts'
import { cases } from './cases.ts'
import type { Tenant, Things } from './tenants.ts'
import { signed } from './tokens.ts'
import type { Answer, Ask, World } from './world.ts'

export const nameOf = ({ method, fullPath }: Pick<RouteFacts, 'method' | 'fullPath'>): string => `${method} ${fullPath}`

export const parametersOf = (path: string): string[] => [...path.matchAll(/:(\w+)/g)].map(([, name]) => name as string)

/** Declaring needs no port: none is called before a request is. */
const declared = laurelApp({ services: {}, log: () => {} } as unknown as Parameters<typeof laurelApp>[0])

export const routes: RouteFacts[] = declared.edge.routes
export const mounted: { method: string; path: string }[] = declared.app.routes

export interface Known {
  name: string
  route: RouteFacts
  known: Case
}

/** Routes with their cases; one without is routes.test.ts's to report. */
export const knownRoutes: Known[] = routes.flatMap((route) => {
  const known = cases[nameOf(route)]
  return known ? [{ name: nameOf(route), route, known }] : []
})

export const isTenants = ({ route }: Pick<Known, 'route'>): boolean => route.api === 'app' || route.api === 'dashboard'
export const tenantRoutes: Known[] = knownRoutes.filter(isTenants)

export const takesJson = ({ body, accepts = 'json' }: RouteFacts): boolean => body !== undefined && accepts === 'json'

export const callerOf = ({ route, known }: Known): CallerKind => known.as ?? (route.api === 'dashboard' ? 'owner' : 'person')

/** Claims that the route lets pass. */
export const claimsFor = (one: Known, tenant: Tenant, as: CallerKind = callerOf(one)) => {
  const context = one.route.api === 'dashboard' ? 'dashboard' : 'app'
  return as === 'machine' ? { ...tenant.machine, context } : tenant[as]
}

/** Good headers for the route: a machine names its user where the route is about one. */
export async function authorized(world: World, one: Known, tenant: Tenant, as?: CallerKind): Promise<Pick<Ask, 'token' | 'headers'>> {
  if (!isTenants(one)) return { token: one.route.api === 'platform' ? world.operatorKey : null }
  const claims = claimsFor(one, tenant, as)
  const needsUser = 'needsUser' in one.route && one.route.needsUser === true
  const headers = claims.platform === 'm2m' && needsUser ? { 'x-user-id': tenant.things.userId } : undefined
  return { token: await signed(claims), headers }
}

export function pathOf({ route, known }: Known, its: Things): string {
  const params = known.params?.(its) ?? {}
  return route.fullPath.replace(/:(\w+)/g, (_, name) => {
    const value = params[name]
    if (value === undefined) throw new Error(`the case of ${nameOf(route)} gives no ${name}`)
    return encodeURIComponent(value)
  })
}

/** The query that it cannot be asked without, one parameter left out; empty where there is none. */
export function queryOf({ known }: Known, its: Things, leftOut = ''): string {
  const query = new URLSearchParams(known.query?.(its))
  query.delete(leftOut)
  return query.size > 0 ? `?${query}` : ''
}

/** The request as the tenant itself would make it. */
export async function validAsk(world: World, one: Known, tenant: Tenant): Promise<Ask> {
  const { headers, ...authorization } = await authorized(world, one, tenant)
  return {
    method: one.route.method,
    path: pathOf(one, tenant.things) + queryOf(one, tenant.things),
    ...authorization,
    headers: { ...headers, ...(one.known.text && { 'content-type': 'text/csv' }), ...one.known.bytes?.headers },
    ...(one.known.text && { raw: one.known.text() }),
    ...(one.known.bytes?.raw !== undefined && { raw: one.known.bytes.raw }),
    ...(one.known.body && { body: one.known.body(tenant.things) }),
  }
}

/** What an answer says apart from which request it is the answer to. */
export function essence(answer: Answer): { status: number; headers: string[][]; body: unknown } {
  const headers = [...answer.headers].filter(([name]) => !headersOfTheRequest.includes(name))
  return { status: answer.status, headers, body: answer.json === undefined ? answer.text : withoutRequest(answer.json) }
}

/** Which request it was (a problem quotes its path, and is as long as that makes it), and how many the caller has left. */
const headersOfTheRequest = ['x-request-id', 'traceresponse', 'ratelimit', 'content-length']
const ofTheRequest = ['requestId', 'timestamp', 'path', 'instance']

function withoutRequest(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutRequest)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([name]) => !ofTheRequest.includes(name))
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutRequest(member)]))
}
