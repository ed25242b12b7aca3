// Every operation that is served, called on a running platform: its success and each error answer that the contract
// lists for it, every body held against the contract. The list of operations is the server's own (openapi.json), so an
// operation without a case fails here. An answer that the contract does not list is written down below with its reason;
// docs/contract-notes.md says the same.

import { Ajv2020, type AnySchemaObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OpenApiDocument } from '../../workers/openapi/document.ts'
import { isBeyondContract } from '../contract/beyond.ts'
import { assertContract, type ContractApi, isContractHere, operationOf } from '../contract/contract.ts'
import type { Call } from './support/contract-case.ts'
import { boards, cases, type Fixtures, prepare } from './support/contract-cases.ts'
import { type Platform, startPlatform } from './support/platform.ts'

interface Served {
  api: ContractApi
  method: string
  path: string
  operationId: string
  parameters: { name: string; in: string; schema: { items?: { enum?: string[] } } }[]
  hasBody: boolean
}

type Described = Pick<Served, 'operationId' | 'parameters'> & { requestBody?: unknown }

/** Operations of ours: their parts are held against what the contract has for them. */
const additions: Record<string, string> = {
  'activityLogs/createBatch': 'many events in one request, for importers; each item holds an activity log or a problem',
}

/** Statuses that the contract lists nowhere, or not where we answer with them. `api operation status` wins over `status`. */
const unlisted: Record<string, string> = {
  '403': 'a caller that is known and may not is told so, apart from one that is not known (401)',
  '415': 'a body that is not JSON is refused before it is read',
  '422': 'an idempotency key that comes with another request (the IETF draft; the domain)',
  'GET 400': 'a limit, order, filter or nextToken that is none is refused, never ignored',
  'DELETE 400': 'an idempotency key that is none is refused, on every write',
  '404 user': 'a machine that acts for a user that is not there',
  'virtual-currencies': 'the contract lists no error of virtual currencies at all',
  'dashboard users/create 409': 'an external id that another user has',
  'dashboard users/update 409': 'an external id that another user has',
  'dashboard rewardRules/listTranslations 404': 'a rule that is not there; other resources list it',
  'dashboard media/getUploadUrl 409': 'an id of the client that is taken',
  'dashboard media/listTranslations 404': 'a media that is not there; its other operations list it',
  'dashboard media/update 400': 'a body that is none; its other operations list it',
  'dashboard runtimeLeaderboardConfigurations/create 409': 'an id of the client that is taken',
}
const needed = new Set<string>()

let platform: Platform
let fixtures: Fixtures
let isProblem: ValidateFunction
const served: Served[] = []

describe.skipIf(!isContractHere)('what is served', () => {
  beforeAll(async () => {
    platform = await startPlatform({ noDemo: true })
    fixtures = await prepare(platform)
    for (const api of ['app', 'dashboard'] as const) {
      const document = (await (await fetch(`${platform.baseUrl}/${api}/v1/openapi.json`)).json()) as OpenApiDocument
      isProblem ??= new Ajv2020({ strict: false, validateFormats: false }).compile(document.components.schemas.Problem as AnySchemaObject)
      for (const [path, methods] of Object.entries(document.paths))
        for (const [method, { operationId, parameters, requestBody }] of Object.entries(methods as Record<string, Described>))
          if (!isBeyondContract(operationId))
            served.push({ api, method: method.toUpperCase(), path, operationId, parameters, hasBody: requestBody !== undefined })
    }
  })
  afterAll(() => platform?.remove())

  const nameOf = ({ api, method, path }: Served) => `${api} ${method} ${path}`

  async function call({ api, method, path }: Served, request: Call, token?: string) {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(request.params?.[name] ?? 'none'))
    const query = new URLSearchParams(request.query).toString()
    const response = await fetch(`${platform.baseUrl}/${api}/v1${filled}${query && `?${query}`}`, {
      method,
      headers: {
        ...(token !== '' && { authorization: `Bearer ${token ?? fixtures.tokens[`${api} ${request.as ?? 'person'}`]}` }),
        ...(request.body !== undefined && { 'content-type': 'application/json' }),
        ...request.headers,
      },
      body: request.body === undefined ? null : JSON.stringify(request.body),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
  }

  /** Throws where the contract does not list the status and we give no reason. */
  function expectListed(operation: Served, status: number, about?: string): void {
    const { api, method, path, operationId } = operation
    if (operationOf(api, operationId)?.operation.responses[status]) return
    const reasons = [
      `${api} ${operationId} ${status}`,
      ...(/^\/(virtual-currencies|streak-rules)/.test(path) && api === 'dashboard' ? ['virtual-currencies'] : []),
      ...(about ? [`${status} ${about}`] : []),
      `${method} ${status}`,
      `${status}`,
    ]
    const reason = operationId in additions ? 'added' : reasons.find((one) => one in unlisted)
    if (!reason) throw new Error(`${nameOf(operation)} answered ${status}, which the contract does not list and nobody gives a reason for`)
    needed.add(reason)
  }

  async function expectRefused(operation: Served, request: Call, status: number, options: { token?: string; about?: string } = {}) {
    const answer = await call(operation, request, options.token)
    expect.soft(answer.status, `${nameOf(operation)} ${JSON.stringify([request, answer.body])}`).toBe(status)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(isProblem(answer.body), JSON.stringify([isProblem.errors, answer.body])).toBe(true)
    expect(answer.body).toMatchObject({ status, message: answer.body.detail, requestId: answer.headers.get('x-request-id') })
    if (status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
    expectListed(operation, status, options.about)
    return status
  }

  async function expectSuccess(operation: Served, request: Call) {
    const { api, operationId } = operation
    const responses = operationOf(api, operationId)?.operation.responses ?? { 200: {} }
    const listed = Object.keys(responses).find((status) => status.startsWith('2'))
    const answer = await call(operation, request)
    expect(String(answer.status), `${nameOf(operation)} ${JSON.stringify(answer.body)}`).toBe(listed)
    expect(answer.headers.get('content-type')).toBe('application/json')
    if (!(operationId in additions)) assertContract(api, operationId, answer.status, answer.body)
    return answer
  }

  const operationsWith = (condition: (operation: Served) => boolean) => served.filter(condition)
  const casesOf = (operation: Served) => {
    const found = cases(fixtures)[nameOf(operation)]
    if (!found) throw new Error(`${nameOf(operation)} has no case`)
    return found
  }

  test('every operation that is served has a case, and every case an operation', () => {
    expect(Object.keys(cases(fixtures)).sort()).toEqual(served.map(nameOf).sort())
    expect(served.length).toBeGreaterThan(45)
  })

  test('each succeeds as the contract says, with every field that can be asked for', async () => {
    for (const operation of served) {
      const { ok } = casesOf(operation)
      const fields = operation.parameters.find(({ name }) => name === 'fields')?.schema.items?.enum
      const plain = await expectSuccess(operation, ok)
      expect(ok.shows === undefined || plain.body, nameOf(operation)).toMatchObject(ok.shows ?? {})
      if (fields) await expectSuccess(operation, { ...ok, query: { ...ok.query, fields: fields.join(',') } })
    }
  })

  test('a list is not empty, and its second page is what the contract says too', async () => {
    const lists = operationsWith(({ parameters }) => parameters.some(({ name }) => name === 'nextToken'))
    expect(lists.length).toBeGreaterThan(12)
    for (const operation of lists) {
      const { ok } = casesOf(operation)
      const first = await expectSuccess(operation, { ...ok, query: { ...ok.query, limit: '1' } })
      expect(first.body.items, nameOf(operation)).toHaveLength(1)
      if (first.body.nextToken === null) continue
      const second = await expectSuccess(operation, { ...ok, query: { ...ok.query, limit: '1', nextToken: first.body.nextToken } })
      expect(second.body.items).not.toEqual(first.body.items)
    }
  })

  describe('refusals', () => {
    test('are problem documents, and cover every error answer that the contract lists', async () => {
      for (const operation of served) {
        const { ok, errors = [], absent = ok.body } = casesOf(operation)
        const { api, method, path, operationId, parameters, hasBody } = operation
        const found = new Set<number>()
        const refused = async (...args: [Call, number, { token?: string; about?: string }?]) =>
          found.add(await expectRefused(operation, ...args))
        await refused(ok, 401, { token: '' })
        await refused(ok, 401, { token: `${fixtures.tokens[`${api} person`]}x` })
        await refused(ok, 403, { token: fixtures.tokens[`${api === 'app' ? 'dashboard' : 'app'} person`] ?? '' })
        await refused(ok, 403, { token: fixtures.tokens[`${api} forbidden`] ?? '' })
        if (path.includes('{')) await refused({ ...ok, params: {}, body: absent }, 404)
        if (method !== 'GET') await refused({ ...ok, headers: { 'x-idempotency-key': 'k'.repeat(256) } }, 400)
        if (parameters.some(({ name }) => name === 'limit')) await refused({ ...ok, query: { limit: '0' } }, 400)
        if (parameters.some(({ name }) => name === 'nextToken')) await refused({ ...ok, query: { nextToken: 'bm9uZQ.none' } }, 400)
        if (hasBody) {
          await refused({ ...ok, body: ['not an object'] }, 400)
          await refused({ ...ok, headers: { 'content-type': 'text/plain' } }, 415)
        }
        if (parameters.some(({ name }) => name === 'x-user-id'))
          await refused({ ...ok, as: 'machine', headers: { 'x-user-id': 'nobody' } }, 404, { about: 'user' })
        for (const { status, about, ...request } of errors) await refused({ ...ok, ...request }, status, { about })
        const listed = Object.keys(operationOf(api, operationId)?.operation.responses ?? {}).map(Number)
        expect(
          listed.filter((status) => status >= 400 && !found.has(status)),
          `${nameOf(operation)}: listed and not provoked`,
        ).toEqual([])
      }
    })

    test('of a key that is used for another request are 422s; the same request has the same answer', async () => {
      const creations = operationsWith(({ api, operationId }) =>
        Boolean(operationOf(api, operationId)?.operation.parameters?.some(({ name }) => name === 'x-idempotency-key')),
      )
      expect(creations.length).toBeGreaterThan(4)
      for (const operation of creations) {
        const { ok, again, againAt: params = ok.params } = casesOf(operation)
        const headers = { 'x-idempotency-key': `contract ${operation.operationId}` }
        const [first, second] = [
          await expectSuccess(operation, { ...ok, params, body: again, headers }),
          await expectSuccess(operation, { ...ok, params, body: again, headers }),
        ]
        expect(second.body).toEqual(first.body)
        expect(second.headers.get('x-idempotency-cache-hit')).toBe('true')
        await expectRefused(operation, { ...ok, headers }, 422)
      }
    })

    test('at paths and methods that are not there are problem documents', async () => {
      for (const [method, path, status] of [
        ['GET', '/app/v1/nothing', 404],
        ['DELETE', '/app/v1/users/me', 405],
        ['PATCH', '/dashboard/v1/workspace', 405],
      ] as const) {
        const response = await fetch(platform.baseUrl + path, {
          method,
          headers: { authorization: `Bearer ${fixtures.tokens['app person']}` },
        })
        expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/problem+json'])
        expect(isProblem(await response.json())).toBe(true)
        expect(response.headers.has('allow')).toBe(status === 405)
      }
    })

    test('need every reason that is written down', () => {
      expect(Object.keys(unlisted).filter((reason) => !needed.has(reason))).toEqual([])
    })
  })

  test('a batch answers with activity logs and problems', async () => {
    const operation = served.find(({ operationId }) => operationId === 'activityLogs/createBatch') as Served
    const { body } = await expectSuccess(operation, {
      as: 'machine',
      body: { logs: [{ activityId: 'walk', userId: 'ada' }, { activityId: 'none' }] },
    })
    assertContract('app', 'activityLogs/create', body.items[0].status, body.items[0].activityLog)
    expect([body.items[1].status, isProblem(body.items[1].problem)]).toEqual([400, true])
  })

  test('a board that people are on shows them, and where one stands', async () => {
    const rankings = served.find(({ operationId }) => operationId === 'runtimeLeaderboards/getRankings') as Served
    await expect
      .poll(async () => (await expectSuccess(rankings, boards(fixtures))).body, { timeout: 20_000, interval: 200 })
      .toMatchObject({ items: [{ rank: 1, entityId: 'ada' }], totalCount: 1, currentEntityRank: { rank: 1 } })
    const mine = served.find(({ operationId }) => operationId === 'runtimeLeaderboards/getMyRanking') as Served
    expect((await expectSuccess(mine, boards(fixtures))).body).toMatchObject({ rank: 1, totalParticipants: 1 })
  })
})
