// The variants that need workerd alone: bare, the steps of the edge, the whole pipeline, and calls to objects.

import { join } from 'node:path'
import type { Limit } from '../../domain/limits/types.ts'
import { localKeys } from '../../scripts/local/keys.ts'
import { root } from '../../scripts/local/state-dir.ts'
import { shareOf, type Variant } from '../variant.ts'
import { raised } from '../workspace.ts'
import { type Algorithm, type TokenMaker, tokenMaker } from './tokens.ts'
import { type BenchWorker, startWorkerd } from './workerd.ts'

export interface EdgeVariants {
  variants: Variant[]
  close(): Promise<void>
}

export interface Sizes {
  /** Tokens that no memory of ours holds all of. */
  coldTokens: number
  /** Principals among which the mixes choose as many as they need. */
  principals: number
  /**
   * How long a mix of principals runs before it is measured: until each has come a few times (idle objects are gone after
   * ten seconds) and, where they come too often, has spent the 200 that a full bucket holds.
   */
  mixWarmUpMs: number
  boardMembers: number
}

/** Smaller than the pool of cold tokens, so that each is forgotten before it comes again. */
const coldMemory = 500
/** Larger than any mix of principals, so that theirs are not. */
const warmMemory = 20_000

/** The plan's. No suspect rule: it would hold whoever is refused often to less, and the figures would change meanwhile. */
const planned: Limit = { quota: 200, windowSeconds: 10 }
const limits = (principal: Limit) => JSON.stringify({ principal, machine: principal, workspace: raised, suspect: null })

const limiter = { RATE_LIMITER: { className: 'RateLimiter', module: 'durable-objects/rate-limiter/rate-limiter.ts' } }
const objects = {
  EMPTY: { className: 'Empty', module: 'bench/edge/workers/objects.ts' },
  LEADERBOARD: { className: 'Leaderboard', module: 'durable-objects/leaderboard/leaderboard.ts' },
}

export async function startEdgeVariants(dir: string, sizes: Sizes): Promise<EdgeVariants> {
  const maker = await tokenMaker()
  const steps = (name: string, STEPS: string, remember: number, principal: Limit): BenchWorker => ({
    name,
    module: 'bench/edge/workers/steps.ts',
    vars: { STEPS, ISSUERS: maker.issuers, REMEMBER_TOKENS: String(remember), LIMITS: limits(principal) },
    objects: limiter,
  })
  const workerd = await startWorkerd(dir, [
    { name: 'bare', module: 'bench/edge/workers/bare.ts' },
    steps('cold', 'token', coldMemory, raised),
    steps('token', 'token', warmMemory, raised),
    steps('policy', 'policy', warmMemory, raised),
    steps('busy', 'limit', warmMemory, raised),
    { name: 'pipeline', module: 'bench/edge/workers/pipeline.ts', vars: await pipelineVars(dir, maker), objects: limiter },
    { name: 'objects', module: 'bench/edge/workers/objects.ts', objects },
  ])
  // Thousands of objects are made there, and end ten seconds after they were last asked: that must not happen in the
  // process that is measured by then.
  const crowded = await startWorkerd(
    join(dir, 'mixes'),
    ['quiet', 'middling', 'refused'].map((name) => steps(name, 'limit', warmMemory, planned)),
  )
  const close = async () => {
    await Promise.all([workerd.close(), crowded.close()])
  }
  const at = (worker: string, path = '/'): string => `${workerd.urls[worker] ?? crowded.urls[worker]}${path}`
  const one = (name: string, url: string, tokens: string[] = []): Variant => ({
    name,
    url,
    pids: [workerd.pid],
    expects: [200],
    requests: (connection, connections) =>
      tokens.length === 0 ? [{}] : shareOf(tokens, connection, connections).map((token) => ({ headers: bearer(token) })),
  })
  const pool = (algorithm: Algorithm, count: number) =>
    Promise.all(Array.from({ length: count }, (_, n) => maker.sign(algorithm, `user-${n}`)))

  try {
    await fillBoard(at('objects'), sizes.boardMembers)
    const [rsa, ec, principals] = await Promise.all([
      pool('RS256', sizes.coldTokens),
      pool('ES256', sizes.coldTokens),
      pool('ES256', sizes.principals),
    ])
    const known = rsa.slice(0, 1)
    const member = (n: number) => `/rank?of=member-${(n * 7_919) % sizes.boardMembers}`
    const variants: Variant[] = [
      one('bare', at('bare')),
      one('token, unknown, RS256', at('cold'), rsa),
      one('token, unknown, ES256', at('cold'), ec),
      one('token, remembered', at('token'), known),
      one('… + policy', at('policy'), known),
      one('… + rate limit, busy principal', at('busy'), known),
      one('whole pipeline, empty route', at('pipeline', '/app/v1/bench'), known),
      one('empty object call', at('objects', '/empty')),
      one('the same, a rank in and out', at('objects', '/shaped?of=member-1')),
      {
        ...one('rank read', at('objects', '/rank')),
        requests: (connection) => Array.from({ length: 100 }, (_, i) => ({ path: member(connection * 100 + i) })),
        check: async (answer) => {
          const { totalCount } = (await answer.json()) as { totalCount: number }
          if (totalCount !== sizes.boardMembers) throw new Error(`the board has ${totalCount} members`)
        },
      },
      mix('… + rate limit, 1/s each', 1, sizes.mixWarmUpMs, { ...one('', at('quiet')), pids: [crowded.pid] }, principals),
      mix('… + rate limit, 10/s each', 10, sizes.mixWarmUpMs / 2, { ...one('', at('middling')), pids: [crowded.pid] }, principals),
      mix('… + rate limit, 100/s each', 100, sizes.mixWarmUpMs / 2, { ...one('', at('refused')), pids: [crowded.pid] }, principals),
    ]
    return { variants, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** As many principals as make this many requests a second each, at the speed that the variant has. */
function mix(name: string, perSecond: number, warmUpMs: number, variant: Variant, tokens: string[]): Variant {
  // Until the speed is known, so many that nobody's tokens are spent before the first round.
  let count = Math.ceil(tokens.length / perSecond)
  return {
    ...variant,
    name,
    expects: [200, 429],
    warmUpMs,
    requests: (connection, connections) =>
      shareOf(tokens.slice(0, count), connection, connections).map((token) => ({ headers: bearer(token) })),
    calibrate: (requestsASecond) => {
      count = Math.min(tokens.length, Math.max(1, Math.round(requestsASecond / perSecond)))
    },
    note: (rounds) => {
      const seconds = rounds.reduce((sum, { windowMs }) => sum + windowMs / 1000, 0)
      const of = (status: number) => rounds.reduce((sum, { statuses }) => sum + (statuses[status] ?? 0), 0) / seconds
      const each = `${count} principals, ${((of(200) + of(429)) / count).toFixed(1)}/s each`
      return of(429) > 0 ? `${each}; admitted ${Math.round(of(200))}/s, refused ${Math.round(of(429))}/s` : each
    },
  }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** wrangler.toml's own, with keys of this run. */
async function pipelineVars(dir: string, maker: TokenMaker): Promise<Record<string, string>> {
  const [{ unstable_readConfig }, keys] = await Promise.all([import('wrangler'), localKeys(join(dir, 'keys'))])
  const { vars } = unstable_readConfig({ config: join(root, 'wrangler.toml') })
  return {
    ...(vars as Record<string, string>),
    ISSUERS: maker.issuers,
    SIGNING_KEYS: keys.keyring,
    TOKEN_KEY: keys.pageTokenKey,
    OPERATOR_KEY: keys.operatorKey,
    LIMITS: limits(raised),
  }
}

async function fillBoard(url: string, members: number): Promise<void> {
  await answered(new URL('/open', url))
  const step = 5_000
  for (let from = 0; from < members; from += step) await answered(new URL(`/fill?from=${from}&to=${Math.min(members, from + step)}`, url))
}

async function answered(url: URL): Promise<void> {
  const response = await fetch(url)
  if (response.status !== 200) throw new Error(`${url.pathname} answered ${response.status}: ${await response.text()}`)
  await response.arrayBuffer()
}
