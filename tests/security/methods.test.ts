// What is no route, what is no method of a route, and HEAD, which is a method of every GET.

import { beforeAll, describe, expect, test } from 'vitest'
import { expectProblem, expectRefused } from './support/problems.ts'
import { knownRoutes, mounted, routes, validAsk } from './support/routes.ts'
import { must, type Tenant, tenant } from './support/tenants.ts'
import { signed } from './support/tokens.ts'
import { type Ask, securityWorld } from './support/world.ts'

const world = securityWorld()
let ours: Tenant

beforeAll(async () => {
  ours = await tenant(world)
}, 60_000)

describe('what is no route', () => {
  const token = () => signed(ours.owner)
  const ours_ = [
    '/',
    '/x',
    '/app',
    '/app/v1',
    '/app/v1/',
    '/app/v2/users/me',
    '/app/v1/users/me/',
    '/dashboard/v1/nothing',
    '/platform/v1/x',
    '/health',
    '//app/v1/users/me',
    '/app/v1/%75sers/me/x',
    '/__proto__',
  ]

  test.each(ours_)('%s is a 404 for any method', async (path) => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      expectRefused(await world.ask({ method, path, token: await token() }), [404], method)
  })

  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
  const paths = [...new Set(mounted.filter(({ method }) => method !== 'ALL').map(({ path }) => path))]

  test.each(paths)('%s takes its own methods, and tells them to whoever tries another', async (path) => {
    // A literal path may also fit a pattern: `/users/me` takes what `/users/:userId` takes.
    const fits = (pattern: string) => pattern === path || new RegExp(`^${pattern.replace(/:\w+/g, '[^/]+')}$`).test(path)
    const own = mounted.filter((route) => route.method !== 'ALL' && fits(route.path)).map(({ method }) => method)
    const taken = [...new Set([...own, 'OPTIONS', ...(own.includes('GET') ? ['HEAD'] : [])])].sort()
    for (const method of methods.filter((method) => !taken.includes(method))) {
      const answer = await world.ask({ method, path, token: await token() })
      expect({ method, status: answer.status, allow: answer.headers.get('allow') }).toEqual({
        method,
        status: 405,
        allow: taken.join(', '),
      })
      if (method !== 'HEAD') expectProblem(answer, method)
    }
  })
})

describe.each(routes.filter(({ method }) => method === 'GET').map((route) => ({ name: route.fullPath, route })))(
  'HEAD $name',
  ({ route }) => {
    const known = knownRoutes.find((one) => one.route === route)
    const ask = async (): Promise<Ask> => (known ? validAsk(world, known, ours) : { path: route.fullPath })

    test('is the GET without its body, and without a token it is refused alike', async () => {
      const [get, head] = [await must(world, await ask()), await world.ask({ ...(await ask()), method: 'HEAD' })]
      expect({ status: head.status, text: head.text, type: head.headers.get('content-type') }).toEqual({
        status: get.status,
        text: '',
        type: get.headers.get('content-type'),
      })
      const refused = await world.ask({ ...(await ask()), method: 'HEAD', token: null })
      const needsToken = known !== undefined && known.route.api !== 'media' && known.route.api !== 'uploads'
      expect([refused.status, refused.text]).toEqual([needsToken ? 401 : get.status, ''])
    })
  },
)
