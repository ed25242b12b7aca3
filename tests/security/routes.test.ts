// No route escapes the tests of this folder: whatever is mounted is declared, whatever is declared has a case, and the
// case covers every parameter of the path and every id that the body can hold.

import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Case } from './support/case.ts'
import { cases } from './support/cases.ts'
import { openOauthRoutes } from './support/cases-oauth.ts'
import { openSignInRoutes } from './support/cases-sign-in.ts'
import { knownRoutes, mounted, nameOf, parametersOf, routes } from './support/routes.ts'
import { nowhere } from './support/tenants.ts'

/** Mounted by hand: public, and without anything of a tenant. */
const undeclared = ['GET /app/v1/openapi.json', 'GET /dashboard/v1/openapi.json']

/** Open to anyone, so there is nothing to isolate. */
const open = ['GET /health/live', 'GET /health/ready', ...openOauthRoutes, ...openSignInRoutes]

/** Every place where a schema takes an id: `/rewards/0/virtualCurrencyId`. */
function idPointers(schema: z.ZodType): string[] {
  const document = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json
  const found = new Set<string>()
  const visit = (node: Json, pointer: string): void => {
    for (const [name, member] of Object.entries((node.properties ?? {}) as Record<string, Json>)) {
      if (/Ids?$/.test(name)) found.add(`${pointer}/${name}`)
      visit(member, `${pointer}/${name}`)
    }
    if (node.items) visit(node.items as Json, `${pointer}/0`)
    for (const either of [...((node.anyOf ?? []) as Json[]), ...((node.oneOf ?? []) as Json[])]) visit(either, pointer)
  }
  visit(document, '')
  return [...found]
}
type Json = Record<string, unknown>

/** Ids that can be sent and name nothing yet: there are no badges (docs/contract-notes.md). */
const namesNothing = ['/rewards/0/badgeConfigurationId']

function uncovered(known: Case | undefined, path: string, body: z.ZodType | undefined): string[] {
  if (!known) return ['has no case']
  const params = Object.keys(known.params?.(nowhere()) ?? {})
  const pointers = [...(known.references ?? []), ...(known.chosen ?? [])].map(({ pointer }) => pointer)
  return [
    ...parametersOf(path)
      .filter((name) => !params.includes(name))
      .map((name) => `parameter ${name}`),
    ...(body && !known.body && !known.text ? ['has no body'] : []),
    ...(body ? idPointers(body).filter((pointer) => ![...pointers, ...namesNothing].includes(pointer)) : []),
  ]
}

test('every route that is mounted is declared', () => {
  const declared = [...routes.map(nameOf), ...undeclared]
  const found = mounted.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`)
  expect([...new Set(found)].sort()).toEqual([...new Set(declared)].sort())
  // What is for all methods is middleware: it stands at the root, and only once.
  expect(mounted.filter(({ method }) => method === 'ALL').map(({ path }) => path)).toEqual(['/*'])
})

test('every route that is declared has a case, and every case a route', () => {
  const named = [...Object.keys(cases), ...open].sort()
  expect(named).toEqual([...new Set(routes.map(nameOf))].sort())
  expect(routes.map(nameOf).length).toBe(named.length)
})

test('a GET reads, and everything else writes', () => {
  const wrong = routes.filter((route) => 'action' in route && (route.action === 'read') !== (route.method === 'GET'))
  // What it answers lets whoever has it write.
  expect(wrong.map(nameOf)).toEqual(['GET /dashboard/v1/media/upload-url'])
})

describe.each(knownRoutes)('$name', ({ route, known }) => {
  test('has a case for each parameter and each id of the body', () => {
    expect(uncovered(known, route.fullPath, route.body)).toEqual([])
  })
})

test('a route without a case is found, and so is a parameter or an id that a case leaves out', () => {
  const body = z.object({ thingId: z.string(), list: z.array(z.union([z.object({ otherId: z.string() }), z.null()])).optional() })
  expect(uncovered(undefined, '/things', undefined)).toEqual(['has no case'])
  expect(uncovered({ status: 200 }, '/things/:thingId', undefined)).toEqual(['parameter thingId'])
  expect(uncovered({ status: 200, body: () => ({}) }, '/things', body)).toEqual(['/thingId', '/list/0/otherId'])
  expect(uncovered({ status: 200 }, '/things', z.object({}))).toEqual(['has no body'])
})
