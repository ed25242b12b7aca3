// The regions as they run in production: inside workerd, with its fetch, its crypto and its errors, against a real local
// DynamoDB. What a network error can prove there is pinned, so that a runtime which learns to tell more is noticed.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort, type LocalDynamo, startLocalDynamo } from './dynamodb/local-dynamo.ts'
import { chain, packed, playerLog } from './dynamodb/packed-items.ts'

// One request is one script of calls; the gates are the isolate's.
const worker = `
  import { regionLogs } from './aws-core/regions/from-config.ts'
  const gates = new Map()
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  export default {
    async fetch(request) {
      const { regions, table, timeoutMs, calls } = await request.json()
      const [log] = regionLogs({ regions, table, credentials, fetch, now: Date.now, timeoutMs, gates })
      const results = []
      for (const [method, ...args] of calls) results.push(await log[method](...args))
      return Response.json(results)
    },
  }
`

let local: LocalDynamo
let runtime: Miniflare
const servers: { server: Server; sockets: Socket[] }[] = []

beforeAll(async () => {
  const root = join(import.meta.dirname, '../../..')
  const stdin = { contents: worker, resolveDir: root, loader: 'ts' as const }
  const bundle = await build({ stdin, bundle: true, write: false, format: 'esm', conditions: ['workerd', 'worker'], external: ['node:*'] })
  const script = bundle.outputFiles[0]?.text ?? ''
  const options = { name: 'regions', modules: true, script, compatibilityDate: '2026-10-01', compatibilityFlags: ['nodejs_compat'] }
  runtime = new Miniflare(convertV4MiniflareOptions({ cf: false, telemetry: { enabled: false }, workers: [options] }))
  local = await startLocalDynamo()
  await runtime.ready
}, 30_000)

afterAll(async () => {
  for (const { server, sockets } of servers) {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  await Promise.all([runtime.dispose(), local.stop()])
})

async function run(calls: unknown[][], at: { region?: string; endpoint?: string; timeoutMs?: number } = {}): Promise<unknown[]> {
  const regions = JSON.stringify([{ region: at.region ?? 'eu-west-1', endpoint: at.endpoint ?? local.endpoint }])
  const body = JSON.stringify({ regions, table: local.table, timeoutMs: at.timeoutMs, calls })
  const response = await runtime.dispatchFetch('http://worker/', { method: 'POST', body })
  return (await response.json()) as unknown[]
}

async function listen(connected: (socket: Socket) => void): Promise<string> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    connected(socket)
  })
  servers.push({ server, sockets })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

test('appends, repeats, refuses, fills and reads', async () => {
  const log = playerLog('workerd')
  const [first, second] = chain(2)
  const rival = packed({ incarnation: 0, sequence: 0 }, 2, { body: '[]' })
  const results = await run([
    ['readFence', log],
    ['append', log, first],
    ['append', log, first],
    ['append', log, rival],
    ['append', log, second],
    ['fill', log, first],
    ['append', log, first],
    ['readItems', log],
    ['ping'],
  ])
  const done = { ok: true }
  expect(results).toEqual([
    { ok: true, value: null },
    done,
    done,
    { ok: false, error: { code: 'region/digest_mismatch', region: 'eu-west-1', detail: expect.any(String) } },
    done,
    done,
    done,
    { ok: true, value: [first, second] },
    { ok: true, value: { tookMs: expect.any(Number) } },
  ])
})

test('a refused, a reset and a hung write cannot be told apart there: all are unknown outcomes', async () => {
  const [item] = chain(1)
  const calls = [['append', playerLog('lost'), item]]
  const unknown = (region: string, detail: RegExp) => [
    { ok: false, error: { code: 'region/unknown_outcome', region, detail: expect.stringMatching(detail) } },
  ]
  const refused = await run(calls, { region: 'eu-west-2', endpoint: `http://127.0.0.1:${await freePort()}/` })
  expect(refused).toEqual(unknown('eu-west-2', /Network connection lost/))
  const reset = await listen((socket) => socket.once('data', () => socket.resetAndDestroy()))
  expect(await run(calls, { region: 'eu-west-3', endpoint: reset })).toEqual(unknown('eu-west-3', /Network connection lost/))
  const hung = await run(calls, { region: 'eu-south-1', endpoint: await listen(() => {}), timeoutMs: 100 })
  // On a busy machine it also says that it stood still itself.
  expect(hung).toMatchObject(unknown('eu-south-1', /TimeoutError/))
})

test('the breaker opens over the requests of one isolate', async () => {
  const at = { region: 'eu-central-1', endpoint: `http://127.0.0.1:${await freePort()}/` }
  const open = { ok: false, error: { code: 'region/unavailable', region: at.region, detail: 'its breaker is open' } }
  const read = ['readFence', playerLog('x')]
  for (let request = 0; request < 5; request += 1) expect(await run([read], at)).not.toMatchObject([open])
  expect(await run([read, read], at)).toMatchObject([open, open])
})
