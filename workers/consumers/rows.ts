// The bookkeeping of one queue batch: which rows came in which message, and what became of each. A row is done or
// failed by itself; a message is acknowledged when all its rows are done, and retried otherwise; the source is told of
// every row that is done, also of a message that is not.

import type { OutboxBody, OutboxMessage, OutboxRow } from '../../domain/outbox.ts'

export interface QueuedMessage {
  readonly body: unknown
  ack(): void
  retry(options?: { delaySeconds?: number }): void
}

export interface Incoming<Kind extends OutboxBody['kind'] = OutboxBody['kind']> {
  message: OutboxMessage
  row: OutboxRow
  body: Extract<OutboxBody, { kind: Kind }>
  workspaceId: string
  /** `open` until a handler has said otherwise; `kept` is done without the source being told. */
  state: 'open' | 'done' | 'kept'
  error?: unknown
}

export const isOutboxMessage = (body: unknown): body is OutboxMessage => {
  const message = body as Partial<OutboxMessage> | null
  return message?.version === 1 && typeof message.workspaceId === 'string' && Array.isArray(message.rows) && message.source !== undefined
}

export const incomingRows = (message: OutboxMessage): Incoming[] =>
  message.rows.map((row) => ({ message, row, body: row.body, workspaceId: message.workspaceId, state: 'open' }))

export const ofKind = <Kind extends OutboxBody['kind']>(rows: Incoming[], kind: Kind): Incoming<Kind>[] =>
  rows.filter((row) => row.body.kind === kind) as unknown as Incoming<Kind>[]

/** Groups in order of first appearance. */
export function groupBy<T>(items: T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return [...groups.values()]
}

/** One go for all; when that throws, each by itself, so that a poison row fails alone. */
export async function together<Kind extends OutboxBody['kind']>(
  rows: Incoming<Kind>[],
  apply: (rows: Incoming<Kind>[]) => Promise<void>,
): Promise<void> {
  if (rows.length === 0) return
  try {
    await apply(rows)
    for (const row of rows) row.state = 'done'
  } catch (thrown) {
    if (rows.length === 1) for (const row of rows) row.error = thrown
    else for (const row of rows) await together([row], apply)
  }
}
