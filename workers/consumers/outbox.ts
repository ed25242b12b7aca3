// The consumer of every object's outbox. Messages come in any order, twice, or late; each row is absolute and carries
// its place in the log, so applying it again or after a newer one changes nothing.
//
//   sort the batch's rows by kind  ->  index rows together, scores one push a board  ->  tell the sources
//   ->  backfills and bytes, which take longer  ->  tell their sources  ->  sweeps  ->  ack
//
// A source forgets a row when it is told here that it was applied, not when it was sent.

import type { OutboxMessage } from '../../domain/outbox.ts'
import { describeError, eventLogLine } from '../../domain/telemetry/request-log.ts'
import { errorTypeOf } from '../../domain/telemetry/span.ts'
import { mapBounded } from '../concurrency.ts'
import type { EdgeParts } from '../edge/parts.ts'
import type { Telemetry } from '../edge/telemetry/trace.ts'
import { currentTraceId, within } from '../edge/telemetry/traced-objects.ts'
import type { Services } from '../services.ts'
import { consumeAudit } from './audit.ts'
import { consumeBackfill } from './backfill.ts'
import { consumeBlobCopies, consumeBlobDeletes, consumeMedia } from './media.ts'
import { consumeMediaSweeps, consumeUploadSweeps } from './media-sweeps.ts'
import { consumePlayerCommands } from './player-commands.ts'
import { consumeRefill } from './refill.ts'
import { groupBy, type Incoming, incomingRows, isOutboxMessage, ofKind, type QueuedMessage, together } from './rows.ts'
import { consumeScores } from './scores.ts'
import { consumeSeries } from './series.ts'

export type ConsumerParts = Pick<EdgeParts, 'services' | 'log'> & { telemetry?: Telemetry }

const retryDelaySeconds = 2

/** `context`: what an export of spans may outlive the batch by. */
export async function consumeOutbox(
  parts: ConsumerParts,
  messages: readonly QueuedMessage[],
  context?: Pick<ExecutionContext, 'waitUntil'>,
): Promise<void> {
  const trace = parts.telemetry?.consume(messages.map(({ body }) => traceparentIn(body)))
  if (!trace) return void (await consumeBatch(parts, messages))
  const span = trace.own
  span.set('messaging.system', 'cloudflare_queues')
  span.set('messaging.destination.name', 'outbox')
  span.set('messaging.operation.type', 'process')
  span.set('messaging.batch.message_count', messages.length)
  try {
    const { rows, open } = await within(trace, () => consumeBatch(parts, messages))
    span.set('laurel.count', rows)
    span.set('laurel.outcome', open === 0 ? 'ok' : 'failed')
    if (open > 0) span.fail('outbox/failed')
  } catch (thrown) {
    span.fail(errorTypeOf(thrown))
    throw thrown
  } finally {
    trace.close((work) => (context ? context.waitUntil(work) : void work))
  }
}

const traceparentIn = (body: unknown): string | undefined => {
  const traceparent = (body as Partial<OutboxMessage> | null | undefined)?.traceparent
  return typeof traceparent === 'string' ? traceparent : undefined
}

/** How many rows came, and how many are still open. */
async function consumeBatch({ services, log }: ConsumerParts, messages: readonly QueuedMessage[]): Promise<{ rows: number; open: number }> {
  const startedAtMs = services.now()
  const report = (event: string, rest: object) => log(eventLogLine({ atMs: services.now(), event, traceId: currentTraceId(), ...rest }))
  const known: { queued: QueuedMessage; rows: Incoming[] }[] = []
  for (const queued of messages) {
    if (isOutboxMessage(queued.body)) known.push({ queued, rows: incomingRows(queued.body) })
    else {
      // Not ours, or of a version that is deployed elsewhere: it goes round until the dead-letter queue keeps it.
      report('outbox/unreadable', { error: 'not an outbox message of version 1' })
      queued.retry({ delaySeconds: retryDelaySeconds })
    }
  }
  const rows = known.flatMap((one) => one.rows)
  await applyRows(services, rows, report)
  await confirmRows(services, rows)
  // A backfill waits until rules have settled, and bytes take their time: nobody else's receipts wait with them.
  const slow = [...ofKind(rows, 'backfill'), ...ofKind(rows, 'blob-copy'), ...ofKind(rows, 'blob-delete')]
  await consumeBackfill(services, ofKind(rows, 'backfill'))
  await consumeBlobDeletes(services, ofKind(rows, 'blob-delete'))
  await consumeBlobCopies(services, ofKind(rows, 'blob-copy'))
  await confirmRows(services, slow)
  await consumeUploadSweeps(services, ofKind(rows, 'upload-sweep'))
  await consumeMediaSweeps(services, ofKind(rows, 'media-sweep'))
  for (const { queued, rows } of known) {
    const failed = rows.find((row) => row.state === 'open')
    if (!failed) queued.ack()
    else {
      report('outbox/failed', { workspaceId: failed.workspaceId, error: `${failed.body.kind}: ${describeError(failed.error)}` })
      queued.retry({ delaySeconds: retryDelaySeconds })
    }
  }
  const open = rows.filter((row) => row.state === 'open').length
  report('outbox/consumed', { count: rows.length - open, durationMs: services.now() - startedAtMs })
  return { rows: rows.length, open }
}

async function applyRows(services: Services, rows: Incoming[], report: (event: string, rest: object) => void): Promise<void> {
  await together(ofKind(rows, 'user'), (users) =>
    services.index.putUsers(
      users.map(({ workspaceId, row, body: { userId, incarnation, profile } }) => ({
        workspaceId,
        userId,
        at: { incarnation, sequence: row.sequence },
        profile,
      })),
    ),
  )
  await together(ofKind(rows, 'resource'), (resources) =>
    services.index.putResources(
      resources.map(({ workspaceId, row, body: { incarnation, resource } }) => ({
        workspaceId,
        at: { incarnation, sequence: row.sequence },
        resource,
      })),
    ),
  )
  await consumeMedia(services, ofKind(rows, 'media'))
  await consumePlayerCommands(services, ofKind(rows, 'player'), report)
  await consumeAudit(services, rows)
  await consumeSeries(services, ofKind(rows, 'series'))
  await consumeScores(services, ofKind(rows, 'score'))
  await consumeRefill(services, ofKind(rows, 'refill'))
}

/** One call a source. A source that cannot be told will send its rows again, and the message comes again too. */
async function confirmRows(services: Services, rows: Omit<Incoming, 'body'>[]): Promise<void> {
  const done = rows.filter((row) => row.state === 'done')
  const groups = groupBy(done, ({ message }) => sourceName(message))
  await mapBounded(groups, async (group) => {
    const { workspaceId, source } = (group[0] as Omit<Incoming, 'body'>).message
    const receipts = group.map(({ row: { id, sequence } }) => ({ id, sequence }))
    try {
      if (source.kind === 'workspace') await services.workspace(workspaceId).confirm(workspaceId, receipts)
      else {
        const ref = { workspaceId, userId: source.userId }
        await services.player(ref).confirm(ref, receipts)
      }
    } catch (thrown) {
      for (const row of group) {
        row.state = 'open'
        row.error = thrown
      }
    }
  })
}

const sourceName = ({ workspaceId, source }: OutboxMessage): string =>
  source.kind === 'workspace' ? `${workspaceId}` : `${workspaceId}:${source.userId}`
