// The whole edge with nothing behind it: callers are believed, policies allow, and every object, region and index answers that
// it is away. So a request costs what the Worker does with it before it asks anyone, and no more.

import type { WorkspaceAccess } from '../../domain/access/types.ts'
import { failure } from '../../domain/failures.ts'
import { effectiveLimits } from '../../domain/limits/plans.ts'
import { fail, ok } from '../../domain/result.ts'
import type { RuleSet } from '../../domain/rules/types.ts'
import { randomHex } from '../../durable-objects/log/span-export.ts'
import { laurelApp } from '../../workers/app-of.ts'
import type { AccessClaims } from '../../workers/edge/auth/claims.ts'
import { pageTokens } from '../../workers/edge/page-token.ts'
import type { EdgeParts } from '../../workers/edge/parts.ts'
import type { RouteFacts } from '../../workers/edge/route.ts'
import { edgeTelemetry } from '../../workers/edge/telemetry/trace.ts'
import { mediaLinks } from '../../workers/media/links.ts'
import type { Services } from '../../workers/services.ts'
import { deviceProofs } from '../../workers/sign-in/device-proof.ts'
import { refreshTokens } from '../../workers/sign-in/refresh-token.ts'
import { uploadGrants } from '../../workers/uploads/grants.ts'
import { jsonSchemaOf, sampleOf } from './schema-samples.ts'

const workspaceId = 'workspace1'
const accountId = 'account001'
const operatorKey = 'operator'

export interface LoneEdge {
  routes: RouteFacts[]
  /** The status of the answer. */
  send(route: RouteFacts, body: string): Promise<number>
}

export function loneEdge(): LoneEdge {
  const { app, edge } = laurelApp(partsOf())
  return {
    routes: edge.routes,
    async send(route, body) {
      const headers = {
        'content-type': contentTypes[route.accepts ?? 'json'],
        authorization: `Bearer ${route.api === 'platform' ? operatorKey : route.api}`,
        ...('needsUser' in route && route.needsUser && { 'x-user-id': 'ada' }),
      }
      const answer = await app.request(`https://laurel.test${pathOf(route)}`, { method: route.method, body, headers })
      await answer.arrayBuffer()
      return answer.status
    },
  }
}

const contentTypes = { json: 'application/json', form: 'application/x-www-form-urlencoded', csv: 'text/csv' }

function pathOf({ fullPath, params }: RouteFacts): string {
  const sample = params ? (sampleOf(jsonSchemaOf(params)) as Record<string, string>) : {}
  return fullPath.replace(/:(\w+)/g, (_, name) => encodeURIComponent(sample[name] ?? 'x'))
}

function partsOf(): EdgeParts {
  const key = 'a key that is long enough'
  const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count))
  return {
    services: servicesOf(),
    ownOrigin: 'https://laurel.test',
    standings: { now: (caller) => ok(caller) },
    makers: { mayStill: async () => ok(undefined) },
    // A machine may call everything; the token is the API's name.
    verifier: { verify: async (token) => ok(claimsFor(token)) },
    pages: pageTokens(key),
    uploadGrants: uploadGrants(key),
    mediaLinks: mediaLinks(key),
    policies: { decide: () => ({ allowed: true, policies: [], reason: 'allowed' }), checkForbid: async () => ok(undefined) },
    limits: { take: () => ({ allowed: true, standings: [] }) },
    addressLimits: { 'sign-in': async () => true, token: async () => true, transform: async () => true },
    identities: { signer: null, keyring: null, passThrough: null, newClientSecret: () => 'secret' },
    refreshTokens: refreshTokens({ key, randomBytes }),
    deviceProofs: deviceProofs(key),
    randomBytes,
    operatorKey,
    telemetry: edgeTelemetry({ target: null, now: () => 0, randomHex }),
    log: () => {},
  }
}

const claimsFor = (context: string): AccessClaims =>
  ({
    iss: 'https://issuer.test',
    sub: 'machine',
    iat: 0,
    exp: Number.MAX_SAFE_INTEGER,
    token_use: 'access',
    workspaceId,
    accountId,
    context,
    platform: 'm2m',
    role: 'admin',
    scope: 'app/read app/write dashboard/read dashboard/write',
  }) as AccessClaims

const ruleSet: RuleSet = {
  number: 1,
  workspaceId,
  accountId,
  settings: { strict: false, derivedIdempotency: true },
  activities: [],
  currencies: {},
  rewardRules: [],
  series: [],
}

const access: WorkspaceAccess = {
  workspaceId,
  version: 1,
  limits: effectiveLimits('STANDARD', {}),
  clients: [],
  throttles: [],
  forbids: [],
  origins: [],
  provisioning: 'open',
}

function servicesOf(): Services {
  const away = fail(failure('record/unavailable', 'Away.'))
  let ids = 0
  const known: Partial<Services> = {
    now: () => Date.now(),
    newId: () => `id-${++ids}`,
    workspaceEdge: async () => ok({ ruleSet, access }),
    ruleSet: async () => ok(ruleSet),
    forgetMiss: () => {},
    regions: [{ region: 'eu-west-1' }] as Services['regions'],
    copies: null,
  }
  const absent = new Proxy(
    {},
    {
      get: (_, method) => {
        if (method === 'then') return undefined
        // As many replies as there are commands.
        return async (...given: unknown[]) => (method === 'execute' ? (given.at(-1) as unknown[]).map(() => away) : away)
      },
    },
  )
  return new Proxy(known as Services, {
    get: (target, member) => {
      if (member in target) return Reflect.get(target, member)
      return member === 'index' || member === 'blobs' || member === 'mailer' ? absent : () => absent
    },
  })
}
