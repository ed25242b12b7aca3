// Speaks to a region's engine over kept-alive connections. Never retries: what a broken connection means for a write
// is for the caller to find out.

import { Agent, request } from 'node:http'
import type { Attributes, ItemRef } from './items.ts'

export interface EngineAnswer {
  status: number
  headers: Record<string, string>
  body: Buffer
}

export interface EngineClient {
  readonly port: number
  /** Sends these bytes as they are. Rejects when no whole answer came. */
  forward(headers: Record<string, string>, body: Buffer): Promise<EngineAnswer>
  /** One operation of our own. Rejects on anything but 200. */
  call<T = Record<string, unknown>>(operation: string, input: unknown): Promise<T>
  /** The items as they stand now, strongly read; null where there is none, absent where the engine left it for another time. */
  read(refs: readonly ItemRef[]): Promise<Map<string, Attributes | null>>
  keyAttributes(table: string): Promise<string[]>
  close(): void
}

export class EngineError extends Error {
  readonly status: number
  readonly type: string
  constructor(operation: string, status: number, body: string) {
    super(`${operation}: ${status} ${body}`)
    this.status = status
    this.type = /"__type":"[^"]*#([A-Za-z]+)"/.exec(body)?.[1] ?? ''
  }
}

const passedOn = ['content-type', 'x-amzn-requestid', 'x-amz-crc32']
// The engines want to see a header of the right form, and look no further.
const formOnly = 'AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=00'

export function engineClient(port: number): EngineClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  const keys = new Map<string, string[]>()

  function forward(headers: Record<string, string>, body: Buffer): Promise<EngineAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = request({
        agent,
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: '/',
        headers: { ...headers, 'content-length': body.length },
      })
      outgoing.on('error', reject)
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('error', reject)
        response.on('aborted', () => reject(new Error('The engine broke off its answer.')))
        response.on('end', () => {
          const kept = passedOn.flatMap((name) => (response.headers[name] ? [[name, String(response.headers[name])]] : []))
          resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(kept), body: Buffer.concat(chunks) })
        })
      })
      outgoing.end(body)
    })
  }

  async function call<T>(operation: string, input: unknown): Promise<T> {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      'x-amz-date': '20260101T000000Z',
      authorization: formOnly,
    }
    const answer = await forward(headers, Buffer.from(JSON.stringify(input)))
    if (answer.status !== 200) throw new EngineError(operation, answer.status, answer.body.toString())
    return JSON.parse(answer.body.toString()) as T
  }

  async function keyAttributes(table: string): Promise<string[]> {
    const known = keys.get(table)
    if (known) return known
    const { Table } = await call<{ Table: { KeySchema: Array<{ AttributeName: string }> } }>('DescribeTable', { TableName: table })
    const names = Table.KeySchema.map((key) => key.AttributeName)
    keys.set(table, names)
    return names
  }

  async function read(refs: readonly ItemRef[]): Promise<Map<string, Attributes | null>> {
    const found = new Map<string, Attributes | null>()
    await Promise.all(
      refs.map(async (ref) => {
        const { Item } = await call<{ Item?: Attributes }>('GetItem', { TableName: ref.table, Key: ref.key, ConsistentRead: true })
        found.set(ref.name, Item ?? null)
      }),
    )
    return found
  }

  return { port, forward, call, read, keyAttributes, close: () => agent.destroy() }
}
