// A region as the platform sees it: DynamoDB's own address, with everything a far region can do to a caller. It checks
// signatures, fails as told (fault rules, stop, freeze), and replicates like a global table.
// While stopped it refuses connections; while frozen it takes them and never answers, and what hung is dropped on start.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Credentials } from '../credentials.ts'
import { type EngineAnswer, type EngineClient, engineClient } from './engine-client.ts'
import { createFaults, type Faults, type TakenRule } from './faults.ts'
import { isWrite } from './items.ts'
import { openJournal } from './journal.ts'
import { keyLocks } from './key-locks.ts'
import { createRecorder } from './recorder.ts'
import { type Copy, type CopyOutcome, createReplication, type Replication } from './replication.ts'
import { signatureRefusal } from './signature.ts'

export type TapState = 'running' | 'stopped' | 'frozen'

export interface TapOptions {
  region: string
  enginePort: number
  /** A file of this tap's own, or `:memory:`. */
  journalPath: string
  credentials: Credentials
  /** A free port when absent. */
  port?: number
  /** Mean time until a copy is sent to the other region; each takes between half and one and a half of it. */
  lagMs?: number
  /** AWS: five minutes. */
  signatureValidMs?: number
  now?: () => number
  random?: () => number
}

export interface Tap {
  readonly region: string
  readonly port: number
  readonly url: string
  readonly state: TapState
  readonly rules: Faults
  readonly replication: Replication
  /** Since it was made: requests that came, and those whose connection closed before their answer was out (a caller that waits no longer, or a fault). */
  readonly traffic: { readonly requests: number; readonly unanswered: number }
  stop(): Promise<void>
  freeze(): void
  /** From stopped or frozen. The engine must be up, on `enginePort` when it has moved. */
  start(enginePort?: number): Promise<void>
  receive(copies: Copy[]): Promise<CopyOutcome[]>
  close(): Promise<void>
}

const passedOn = ['content-type', 'x-amz-target', 'x-amz-date', 'x-amz-content-sha256', 'authorization']

export async function createTap(options: TapOptions): Promise<Tap> {
  const now = options.now ?? Date.now
  const validForMs = options.signatureValidMs ?? 5 * 60 * 1000
  const rules = createFaults()
  const journal = openJournal(options.journalPath)
  const locks = keyLocks()
  const hung = new Set<ServerResponse>()
  const traffic = { requests: 0, unanswered: 0 }
  let engine: EngineClient = engineClient(options.enginePort)
  let state: TapState = 'stopped'

  const replication = createReplication({
    journal,
    locks,
    engine: () => engine,
    isRunning: () => state === 'running',
    lagMs: options.lagMs ?? 0,
    random: options.random ?? Math.random,
  })
  const recorder = createRecorder({
    region: options.region,
    journal,
    locks,
    engine: () => engine,
    now,
    onWritten: replication.enqueue,
  })
  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()))
  server.keepAliveTimeout = 60_000

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    traffic.requests++
    response.on('close', () => {
      hung.delete(response)
      if (!response.writableFinished) traffic.unanswered++
    })
    const body = await readBody(request)
    if (state !== 'running') return void hung.add(response)
    const refuse = () =>
      signatureRefusal(
        { method: request.method ?? '', url: request.url ?? '/', headers: request.headers, body },
        { credentials: options.credentials, region: options.region, service: 'dynamodb', nowMs: now(), validForMs },
      )
    const refusal = refuse()
    if (refusal) return answerWith(response, failure(400, refusal.type, refusal.message))

    const operation = String(request.headers['x-amz-target'] ?? '').split('.')[1] ?? ''
    const headers = Object.fromEntries(passedOn.flatMap((name) => (request.headers[name] ? [[name, String(request.headers[name])]] : [])))
    const deliver = async (): Promise<EngineAnswer> => {
      // What arrives late is judged when it arrives, as AWS would: an old signature opens nothing.
      const tooLate = refuse()
      if (tooLate) return failure(400, tooLate.type, tooLate.message)
      return isWrite(operation) ? recorder.write({ operation, headers, body }) : engine.forward(headers, body)
    }
    const rule = rules.take({ operation, writes: isWrite(operation), body: rules.list().length > 0 ? body.toString() : '' })
    const answer = rule ? await suffer(rule, response, deliver) : await deliver()
    if (!answer) return
    if (state === 'running') answerWith(response, answer)
    else hung.add(response)
  }

  /** What the rule makes of the request. Undefined where the caller gets no answer. */
  async function suffer(
    rule: TakenRule,
    response: ServerResponse,
    deliver: () => Promise<EngineAnswer>,
  ): Promise<EngineAnswer | undefined> {
    const { fault } = rule.input
    try {
      if (fault.kind === 'refuse') {
        return failure(fault.status ?? 400, fault.type ?? 'ThrottlingException', 'Refused by a fault rule.')
      }
      if (fault.kind === 'hang') return void hung.add(response)
      if (fault.kind === 'cut') return void response.destroy()
      if (fault.kind === 'late') response.destroy()
      if (fault.kind === 'late' || fault.kind === 'delay') {
        await rule.wait()
        if (state !== 'running') return void response.destroy()
      }
      if (fault.kind === 'duplicate') await deliver()
      const answer = await deliver()
      if (fault.kind === 'drop-reply') response.destroy()
      return response.destroyed ? undefined : answer
    } finally {
      rule.finish()
    }
  }

  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })

  async function start(enginePort?: number): Promise<void> {
    // The connections of a frozen tap may still carry writes, whose answers its journal waits for.
    if (enginePort !== undefined && (enginePort !== engine.port || state === 'stopped')) {
      engine.close()
      engine = engineClient(enginePort)
    }
    await recorder.settle()
    for (const response of hung) response.destroy()
    hung.clear()
    if (!server.listening) await listen(port)
    state = 'running'
    void replication.pump()
  }

  await listen(options.port ?? 0)
  const { port } = server.address() as AddressInfo
  try {
    await start()
  } catch (error) {
    server.close()
    throw error
  }
  replication.enqueue(journal.unsent())

  const stop = async () => {
    state = 'stopped'
    server.close()
    server.closeAllConnections()
  }

  return {
    region: options.region,
    port,
    url: `http://127.0.0.1:${port}`,
    get state() {
      return state
    },
    rules,
    replication,
    traffic,
    stop,
    freeze() {
      if (state === 'running') state = 'frozen'
    },
    start,
    receive: async (copies) => (state === 'running' ? replication.receive(copies) : copies.map((): CopyOutcome => 'unavailable')),
    async close() {
      await stop()
      rules.clear()
      replication.close()
      engine.close()
      journal.close()
    },
  }
}

/** Joins two taps of one process, both ways. Across processes: control-client.ts. */
export function joinTaps(a: Tap, b: Tap): void {
  a.replication.connect((copies) => b.receive(copies))
  b.replication.connect((copies) => a.receive(copies))
}

function failure(status: number, type: string, message: string): EngineAnswer {
  const body = Buffer.from(JSON.stringify({ __type: `com.amazon.coral.service#${type}`, message }))
  return { status, headers: { 'content-type': 'application/x-amz-json-1.0' }, body }
}

function answerWith(response: ServerResponse, answer: EngineAnswer): void {
  response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length })
  response.end(answer.body)
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}
