// Every operation that is served is one of the contract: same path, method, name, parameters and request body. What
// differs is listed here with its reason; a difference that is not listed fails, and so does a reason nobody needs.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { langs } from '../../domain/resources/lang.ts'
import { timezones } from '../../domain/resources/timezone.ts'
import type { RouteFacts } from '../../workers/edge/route.ts'
import { openApiDocument } from '../../workers/openapi/document.ts'
import { type LocalD1, localD1 } from '../unit/d1/local-d1.ts'
import { emptyFamilies, isBeyondContract } from './beyond.ts'
import { assertContract, type ContractApi, contractOf, isContractHere, type Json, operationOf } from './contract.ts'
import { differences } from './differences.ts'
import { dashboardWorld } from './world.ts'

/** Operations that the contract does not have. */
const additions: Record<string, string> = {
  'activityLogs/createBatch': 'up to 100 events in one request, for importers',
}

/** Paths that the contract spells otherwise; both are served. */
const spellings: Record<string, string> = {
  'GET /virtual-currencies/{virtualCurrencyId}/translations': 'the contract has it under /streak-rules by a slip',
}

const anyNickname = 'machines carry names that exist already; people are held to the pattern by the handler'
const ourScale = 'how many decimals a currency has is ours to ask'
const lateness = 'how long late events count is ours to ask'
const uploads = 'what an upload is held to beyond its name, type and size, and for how long, is ours to offer'
const moreOfMedia = 'what else can be said about a media: each alone, or several at once'

/** `api operation: difference` to the reason for it. */
const allowed: Record<string, string> = {
  'dashboard users/create: body.nickname: minLength undefined, not 2': anyNickname,
  'dashboard users/create: body.nickname: maxLength 1000, not 40': anyNickname,
  'dashboard users/create: body.nickname: pattern undefined': anyNickname,
  'dashboard users/update: body.nickname: minLength undefined, not 2': anyNickname,
  'dashboard users/update: body.nickname: maxLength 1000, not 40': anyNickname,
  'dashboard users/update: body.nickname: pattern undefined': anyNickname,
  'app users/updateMe: body.nickname: minLength undefined, not 2': anyNickname,
  'app users/updateMe: body.nickname: maxLength 1000, not 40': anyNickname,
  'app users/updateMe: body.nickname: pattern undefined': anyNickname,
  'dashboard virtualCurrencies/create: body.scale: ours alone': ourScale,
  'dashboard virtualCurrencies/update: body.scale: ours alone': ourScale,
  'dashboard runtimeLeaderboards/create: body.lateEventsFor: ours alone': lateness,
  'dashboard runtimeLeaderboards/update: body.lateEventsFor: ours alone': lateness,
  'dashboard runtimeLeaderboardConfigurations/createInstance: body.lateEventsFor: ours alone': lateness,
  'dashboard media/getUploadUrl: query visibility: ours alone': uploads,
  'dashboard media/getUploadUrl: query checksumSha256: ours alone': uploads,
  'dashboard media/getUploadUrl: query expiresIn: ours alone': uploads,
  'dashboard media/update: body.altText: ours alone': moreOfMedia,
  'dashboard media/update: body.visibility: ours alone': moreOfMedia,
  'dashboard media/update: body.translations: required false, not true': moreOfMedia,
  'dashboard virtualCurrencies/get: query virtualCurrencyId: not taken': 'the contract asks for the id of the path once more, by a slip',
}

let d1: LocalD1
let routes: RouteFacts[]
beforeAll(async () => {
  d1 = await localD1()
  routes = dashboardWorld(d1.database).edge.routes
})
afterAll(() => d1.dispose())

const apis: ContractApi[] = ['app', 'dashboard']
const unnamed = (path: string) => path.replaceAll(/\{\w+\}/g, '{}')

function found(api: ContractApi): string[] {
  const document = openApiDocument(routes, api, '')
  const contract = contractOf(api)
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, ours]) => {
      const operationId = String(ours.operationId)
      if (additions[operationId] || isBeyondContract(operationId) || spellings[`${method.toUpperCase()} ${path}`]) return []
      const theirs = operationOf(api, operationId)
      if (!theirs) return [`${api} ${operationId}: not of the contract`]
      const say = (difference: string) => `${api} ${operationId}: ${difference}`
      const body = (operation: Json) =>
        (operation.requestBody as { content: Record<string, { schema: Json }> } | undefined)?.content['application/json']?.schema
      const bodies = [body(ours), body(theirs.operation as unknown as Json)]
      return [
        ...(unnamed(path) === unnamed(theirs.path) && method === theirs.method
          ? []
          : [say(`at ${method} ${path}, not ${theirs.method} ${theirs.path}`)]),
        ...parameterDifferences(ours.parameters as Parameter[], (theirs.operation.parameters ?? []) as Parameter[]).map(say),
        ...(bodies[0] && bodies[1]
          ? differences(
              { schema: bodies[0], components: document.components.schemas },
              { schema: bodies[1], components: contract.components.schemas },
              'body',
            ).map(say)
          : bodies[0] === bodies[1]
            ? []
            : [say('only one has a body')]),
      ]
    }),
  )
}

interface Parameter {
  name: string
  in: string
  required?: boolean
  schema: Json
}

function parameterDifferences(ours: Parameter[], theirs: Parameter[]): string[] {
  const named = (all: Parameter[], { name, in: place }: Parameter) => all.find((one) => one.name === name && one.in === place)
  const missing = theirs.filter((parameter) => !named(ours, parameter)).map(({ name, in: place }) => `${place} ${name}: not taken`)
  const other = ours.flatMap((parameter) => {
    const their = named(theirs, parameter)
    const { name, in: place } = parameter
    // Every write takes an idempotency key, and a machine names its user, whether the contract says so there or not.
    if (!their) return place === 'header' ? [] : [`${place} ${name}: ours alone`]
    const found: string[] = []
    if ((parameter.required ?? false) !== (their.required ?? false)) found.push(`${place} ${name}: required ${parameter.required}`)
    const values = (schema: Json) =>
      JSON.stringify([...(((schema.items as Json | undefined)?.enum ?? schema.enum ?? []) as string[])].sort())
    if (values(parameter.schema) !== values(their.schema)) found.push(`${place} ${name}: other values`)
    return found
  })
  return [...missing, ...other]
}

describe.skipIf(!isContractHere)('what is served', () => {
  it('differs from the contract only where it is said, and why', () => {
    const all = apis.flatMap(found)
    expect(all.filter((difference) => allowed[difference] === undefined)).toEqual([])
    expect(Object.keys(allowed).filter((difference) => !all.includes(difference))).toEqual([])
    expect(emptyFamilies(routes.map(({ operationId }) => operationId))).toEqual([])
  })

  it.each(apis)('has no operation twice in %s, but for spellings', (api) => {
    const names = routes.filter((route) => route.api === api).map(({ operationId }) => operationId)
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual(api === 'dashboard' ? ['virtualCurrencies/listTranslations'] : [])
  })

  it('is everything of the resources that are declared', () => {
    const ours =
      /^\/(users|workspace|activities|virtual-currencies|reward-rules|runtime-leaderboards|runtime-leaderboard-configurations|media)(\/|$)/
    // Only media carry tags so far.
    const wanted = Object.entries(contractOf('dashboard').paths)
      .filter(([path]) => ours.test(path) && (!path.includes('/tags') || path.startsWith('/media/')))
      .flatMap(([, methods]) => Object.values(methods).map(({ operationId }) => operationId))
    const served = new Set(routes.filter(({ api }) => api === 'dashboard').map(({ operationId }) => operationId))
    expect(wanted.length).toBeGreaterThan(48)
    expect(wanted.filter((operationId) => !served.has(operationId))).toEqual([])
  })
})

it.skipIf(!isContractHere)('knows the languages and zones of the contract, and no others', () => {
  for (const api of apis) {
    expect(langs).toEqual((contractOf(api).components.schemas.Lang as { enum: string[] }).enum)
    expect(timezones).toEqual((contractOf(api).components.schemas.Timezone as { enum: string[] }).enum)
  }
})

it.each(apis)('describes %s in OpenAPI whose every reference resolves', (api) => {
  const document = openApiDocument(routes, api, `/${api}/v1`)
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)]
  expect(references.length).toBeGreaterThan(0)
  for (const [reference, kind, name] of references)
    expect((document.components as unknown as Record<string, Json>)[kind as string]?.[name as string], reference).toBeDefined()
})

it.skipIf(!isContractHere)('holds answers against the contract, strictly', () => {
  const problem = () => assertContract('dashboard', 'users/delete', 200, { userId: 1 })
  expect(problem).toThrow(/must have required property 'deleted'/)
  expect(problem).toThrow(/\/userId must be string/)
  expect(() => assertContract('dashboard', 'users/delete', 200, { userId: 'u', deleted: true })).not.toThrow()
  expect(() => assertContract('dashboard', 'users/delete', 299, {})).toThrow(/no answer 299/)
})
