// Ports for tests of the edge: everything that is not named throws, so a test sees every call it did not expect.

import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import type { WorkspaceAccess } from '../../../domain/access/types.ts'
import { failure } from '../../../domain/failures.ts'
import { effectiveLimits } from '../../../domain/limits/plans.ts'
import { fail, ok } from '../../../domain/result.ts'
import type { RuleSet } from '../../../domain/rules/types.ts'
import type { LeaderboardRpc } from '../../../durable-objects/leaderboard/rpc.ts'
import type { PlayerRpc } from '../../../durable-objects/player/rpc.ts'
import type { WorkspaceRpc } from '../../../durable-objects/workspace/rpc.ts'
import { parseIssuers } from '../../../workers/edge/auth/issuers.ts'
import { tokenVerifier } from '../../../workers/edge/auth/verify.ts'
import { pageTokens } from '../../../workers/edge/page-token.ts'
import type { EdgeParts } from '../../../workers/edge/parts.ts'
import type { Services } from '../../../workers/services.ts'
import { doors } from './doors.ts'

export const nowMs = Date.UTC(2026, 8, 15, 12)
export const workspaceId = 'workspace1'
export const accountId = 'account001'
export const issuer = 'https://issuer.test'

export const ruleSet: RuleSet = {
  number: 7,
  workspaceId,
  accountId,
  settings: { strict: false, derivedIdempotency: true },
  activities: ['commit'],
  currencies: { points: { virtualCurrencyId: 'points', scale: 0 } },
  rewardRules: [],
  series: [],
}

export const access: WorkspaceAccess = {
  workspaceId,
  version: 1,
  limits: effectiveLimits('STANDARD', {}),
  clients: [],
  throttles: [],
  forbids: [],
  origins: ['https://app.example.org'],
  provisioning: 'open',
}

const rsa = await generateKeyPair('RS256', { extractable: true })
const ec = await generateKeyPair('ES256', { extractable: true })
export const keys = { rsa, ec }
export const jwks = {
  keys: [
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', alg: 'RS256', use: 'sig' },
    { ...(await exportJWK(ec.publicKey)), kid: 'ec', alg: 'ES256', use: 'sig' },
  ],
}

export const claims = (over: Record<string, unknown> = {}): JWTPayload => ({
  iss: issuer,
  sub: 'subject-1',
  iat: nowMs / 1000 - 10,
  exp: nowMs / 1000 + 3600,
  token_use: 'access',
  workspaceId,
  accountId,
  userId: 'user-1',
  context: 'app',
  platform: 'web',
  role: 'member',
  ...over,
})

export const machine = { platform: 'm2m', userId: undefined, role: 'admin', scope: 'app/read app/write' }

export const sign = (over: Record<string, unknown> = {}, header: Record<string, unknown> = {}): Promise<string> =>
  new SignJWT(claims(over)).setProtectedHeader({ alg: 'RS256', kid: 'rsa', ...header } as { alg: string }).sign(rsa.privateKey)

const strict = <T extends object>(name: string, known: Partial<T>): T =>
  new Proxy(known as T, {
    get(target, member) {
      if (member in target) return (target as Record<PropertyKey, unknown>)[member]
      if (member === 'then') return undefined
      throw new Error(`${name}.${String(member)} was not expected`)
    },
  })

const noWorkspace = failure('resource/not_found', 'There is no such workspace.')

export interface World {
  services?: Partial<Services>
  player?: Partial<PlayerRpc>
  workspace?: Partial<WorkspaceRpc>
  leaderboard?: Partial<LeaderboardRpc>
  clock?: { nowMs: number }
}

export function parts({ services, player, workspace, leaderboard, clock = { nowMs } }: World = {}): EdgeParts & { lines: string[] } {
  const now = () => clock.nowMs
  const lines: string[] = []
  let ids = 0
  const all: Services = strict<Services>('services', {
    now,
    newId: () => `id-${++ids}`,
    player: () => strict<PlayerRpc>('player', player ?? {}),
    workspace: () => strict<WorkspaceRpc>('workspace', workspace ?? {}),
    leaderboard: () => strict<LeaderboardRpc>('leaderboard', leaderboard ?? {}),
    ruleSet: async (id) => (id === workspaceId ? ok(ruleSet) : fail(noWorkspace)),
    workspaceEdge: async (id) => {
      const rules = await all.ruleSet(id)
      return rules.ok ? ok({ ruleSet: rules.value, access }) : rules
    },
    ...services,
  })
  const issuers = parseIssuers(JSON.stringify([{ issuer, accounts: [accountId], contexts: ['app', 'dashboard'], jwks }]))
  const fetchJwks = async () => {
    throw new Error('no network')
  }
  return {
    services: all,
    ...doors,
    verifier: tokenVerifier({ issuers, now, fetchJwks }),
    pages: pageTokens('a key that is long enough'),
    operatorKey: 'operator-secret',
    log: (line) => lines.push(line),
    lines,
  }
}
