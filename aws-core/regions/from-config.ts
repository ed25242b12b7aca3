// From configuration text to the ordered regions, each signed for, bounded by deadlines and behind its gate.
//
// Guarantees: nothing half-configured is ever used: all mistakes are found at once and named, and never a secret with
// them. Plain http is accepted for loopback only, since items travel in clear over it.
//
// Build it once per object or request, not per isolate (see dynamodb/permits.ts); the gates alone outlive a request.

import { fail, ok, type Result } from '../../domain/result.ts'
import { dynamoClient, type Fetch } from '../dynamodb/client.ts'
import { dynamoRegionLog } from '../dynamodb/dynamo-region-log.ts'
import type { RegionLog } from '../dynamodb/region-log.ts'
import { type AwsCredentials, createSigner } from '../signer.ts'
import { type BreakerSettings, breakerDefaults } from './breaker.ts'
import { guardedRegionLog } from './guarded-region-log.ts'
import { type BreakerChange, RegionGate } from './region-gate.ts'
import { type RetryBudget, retryBudget } from './retry-budget.ts'

export interface RegionConfig {
  region: string
  /** Only where it is not AWS's own. */
  endpoint?: string
}

export interface RegionLogsSettings {
  /** JSON: `[{ "region": "eu-west-1", "endpoint"?: "http://127.0.0.1:8101" }, …]`, in order of preference. */
  regions: string
  table: string
  credentials: AwsCredentials
  fetch: Fetch
  now: () => number
  /** By region; what is missing is added. Kept by the isolate. */
  gates: Map<string, Gate>
  /** For one call to one region. Default 1500. */
  timeoutMs?: number
  breaker?: Partial<BreakerSettings>
  /** How long a call that somebody waits for may wait in this isolate before it is sent. Default 2500. */
  queueWaitMs?: number
  /** Told when a region's breaker opens or closes. */
  report?: (change: BreakerChange) => void
  /** In [0, 1): spreads retries. */
  random?: () => number
  sleep?: (ms: number) => Promise<void>
}

/** What an isolate knows of a region and shares among all that call it: plain values and a queue, no promise. */
export interface Gate {
  gate: RegionGate
  retries: RetryBudget
}

export const newGate = (region: string): Gate => ({ gate: new RegionGate(region), retries: retryBudget() })

export const defaultTimeoutMs = 1500
const defaultQueueWaitMs = 2500
/** Alarms may run for fifteen minutes; whoever waits longer than this comes again by alarm. */
const backgroundWaitMs = 15_000

/** In order of preference. Throws an Error that lists every mistake in the configuration: without it nothing can be served. */
export function regionLogs(settings: RegionLogsSettings): RegionLog[] {
  const parsed = parseRegions(settings.regions)
  const mistakes = [...(parsed.ok ? [] : parsed.error), ...tableMistakes(settings.table), ...credentialMistakes(settings.credentials)]
  if (!parsed.ok || mistakes.length > 0) throw new Error(`Regions are not configured: ${mistakes.join('; ')}`)
  return parsed.value.map((config) => regionLog(config, settings))
}

function regionLog({ region, endpoint }: RegionConfig, settings: RegionLogsSettings): RegionLog {
  const { table, credentials, fetch, now, gates, report } = settings
  const { timeoutMs = defaultTimeoutMs, queueWaitMs = defaultQueueWaitMs, random = Math.random, sleep = pause } = settings
  const shared = gates.get(region) ?? newGate(region)
  gates.set(region, shared)
  const signer = createSigner({ ...credentials, service: 'dynamodb', region, now })
  const client = dynamoClient({ region, endpoint, signer, fetch, timeoutMs, random, sleep, retries: shared.retries })
  return guardedRegionLog(dynamoRegionLog({ region, table, client, now, random }), shared.gate, {
    now,
    random,
    sleep,
    breaker: { ...breakerDefaults, ...settings.breaker },
    waitMs: { fresh: queueWaitMs, background: backgroundWaitMs },
    ...(report && { report }),
  })
}

/** Every mistake, each naming its place in the text. */
export function parseRegions(text: string): Result<RegionConfig[], string[]> {
  let listed: unknown
  try {
    listed = JSON.parse(text)
  } catch {
    return fail(['REGIONS is not JSON'])
  }
  if (!Array.isArray(listed) || listed.length === 0) return fail(['REGIONS is not a list of at least one region'])
  const mistakes = listed.flatMap((entry, index) => regionMistakes(entry, `REGIONS[${index}]`))
  if (mistakes.length > 0) return fail(mistakes)
  const configs = listed.map(({ region, endpoint }: RegionConfig) => ({ region, ...(endpoint !== undefined && { endpoint }) }))
  const twice = configs.find((config, index) => configs.findIndex((other) => other.region === config.region) !== index)
  return twice ? fail([`REGIONS names ${twice.region} twice`]) : ok(configs)
}

function regionMistakes(entry: unknown, at: string): string[] {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return [`${at} is not an object`]
  const { region, endpoint, ...rest } = entry as Record<string, unknown>
  const mistakes = Object.keys(rest).map((name) => `${at}.${name} is not known`)
  if (typeof region !== 'string' || !/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) mistakes.push(`${at}.region is not the name of a region`)
  if (endpoint !== undefined && !isEndpoint(endpoint)) mistakes.push(`${at}.endpoint is neither https nor http on loopback`)
  return mistakes
}

function isEndpoint(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { protocol, hostname, username, password, search, hash } = new URL(value)
  if (username || password || search || hash) return false
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname))
}

const tableMistakes = (table: string): string[] => (/^[A-Za-z0-9_.-]{3,255}$/.test(table) ? [] : ['TABLE is not a table name'])

const credentialMistakes = ({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials): string[] => [
  ...(accessKeyId ? [] : ['AWS_ACCESS_KEY_ID is missing']),
  ...(secretAccessKey ? [] : ['AWS_SECRET_ACCESS_KEY is missing']),
  ...(sessionToken === '' ? ['AWS_SESSION_TOKEN is empty'] : []),
  // Temporary credentials are told by their first letters, and AWS refuses them without it.
  ...(/^ASIA/.test(accessKeyId) && sessionToken === undefined ? ['AWS_SESSION_TOKEN is missing'] : []),
]

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
