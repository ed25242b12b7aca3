// From a Durable Object's state and Env to the ports of its log. The composition root of the objects: nothing behind it
// sees Env.

import { nanoid } from 'nanoid'
import { credentialsOf } from '../../aws-core/credentials.ts'
import type { RegionLog } from '../../aws-core/dynamodb/region-log.ts'
import { defaultTimeoutMs, type Gate, regionLogs } from '../../aws-core/regions/from-config.ts'
import type { BreakerChange } from '../../aws-core/regions/region-gate.ts'
import { lossNoticed } from '../../domain/log/region-standing.ts'
import type { LogRef } from '../../domain/log/types.ts'
import type { OutboxMessage } from '../../domain/outbox.ts'
import { withoutAddresses } from '../../domain/telemetry/request-log.ts'
import type { NativeTracing } from '../../domain/telemetry/span.ts'
import { r2PendingStore } from '../../r2/pending-store.ts'
import { r2RegionStandings } from '../../r2/region-standings.ts'
import { type LogPorts, productionLimits } from './ports.ts'
import { quietly } from './quiet-report.ts'
import { spanExportOf } from './span-export.ts'
import { durableSql } from './sql.ts'
import { ObjectTracing } from './tracing.ts'

/** What this isolate knows of the regions and how much it has under way to them: its objects and requests share it. */
const gates = new Map<string, Gate>()

/** What happens to thousands of objects alike is logged once, and counted. */
const repeated = quietly()

export function logPorts(
  state: DurableObjectState,
  env: Env,
  log: LogRef,
  source: OutboxMessage['source'],
  native?: NativeTracing,
): LogPorts & { tracing: ObjectTracing } {
  const tracing = new ObjectTracing({
    name: log.kind === 'player' ? 'Player' : 'Workspace',
    workspaceId: log.workspaceId,
    target: spanExportOf(env),
    now: Date.now,
    waitUntil: (work) => state.waitUntil(work),
    native: env.NATIVE_TRACING === 'on' ? native : undefined,
  })
  return {
    log,
    tracing,
    sql: durableSql(state.storage),
    regions: homeFirst(regionsOf(env), log.entityId).map((region) => tracing.region(region)),
    pending: r2PendingStore(env.BYTES),
    now: Date.now,
    newId: nanoid,
    random: Math.random,
    after: (ms) => scheduler.wait(ms),
    // Not awaited on purpose: a write without an await in between is part of the same storage transaction.
    setAlarm: (atMs) => void state.storage.setAlarm(atMs),
    send: (rows) =>
      tracing.sending(rows, (traceparent) => {
        const message: OutboxMessage = { version: 1, workspaceId: log.workspaceId, source, rows, ...(traceparent && { traceparent }) }
        return env.OUTBOX.send(message).then(() => undefined)
      }),
    report: (event) => {
      const more = repeated(event, Date.now())
      if (more === null) return
      write({ traceId: tracing.traceId(), workspaceId: log.workspaceId, log: log.kind, entityId: log.entityId, ...event, ...more })
    },
    noteLoss: async (region, sinceMs) =>
      (await r2RegionStandings(env.BYTES).change(region, (standing) => lossNoticed(standing, sinceMs))).ok,
    limits: {
      ...productionLimits,
      ...numbers({ repairAfterMs: env.REPAIR_AFTER_MS, answerDeadlineMs: env.ANSWER_DEADLINE_MS, resendAfterMs: env.RESEND_AFTER_MS }),
    },
  }
}

function write(line: Record<string, unknown>): void {
  console.log(withoutAddresses(JSON.stringify({ level: 'info', at: new Date().toISOString(), ...line })))
}

export function regionsOf(env: Env): RegionLog[] {
  const timeouts = numbers({ timeoutMs: env.REGION_TIMEOUT_MS, answerDeadlineMs: env.ANSWER_DEADLINE_MS })
  const { timeoutMs = defaultTimeoutMs, answerDeadlineMs = productionLimits.answerDeadlineMs } = timeouts
  return regionLogs({
    regions: env.REGIONS,
    table: env.TABLE,
    credentials: credentialsOf(env),
    fetch: (input, init) => fetch(input, init),
    now: Date.now,
    gates,
    timeoutMs,
    // What is sent at the last moment still has one call's time before its caller is answered.
    queueWaitMs: Math.max(answerDeadlineMs / 8, answerDeadlineMs - timeoutMs),
    breaker: numbers({ openMs: env.BREAKER_OPEN_MS }),
    report: (change: BreakerChange) => write({ ...change }),
  })
}

/**
 * Each log has one home region and fails over from there. Homes are spread by the entity's id, so both regions take
 * writes all the time and neither has to be warmed up when the other goes.
 */
export function homeFirst<Region>(regions: Region[], entityId: string): Region[] {
  let hash = 0
  for (const character of entityId) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0
  const home = hash % regions.length
  return [...regions.slice(home), ...regions.slice(0, home)]
}

/** Only the settings that are set, as numbers. Throws on one that is not a number of milliseconds: a typo must not become a deadline. */
function numbers<Name extends string>(texts: Record<Name, string | undefined>): Partial<Record<Name, number>> {
  const set = Object.entries<string | undefined>(texts).filter(([, text]) => text !== undefined && text !== '')
  const wrong = set.find(([, text]) => !/^\d+$/.test(text ?? ''))
  if (wrong) throw new Error(`${wrong[0]} is not a whole number of milliseconds`)
  return Object.fromEntries(set.map(([name, text]) => [name, Number(text)])) as Partial<Record<Name, number>>
}
