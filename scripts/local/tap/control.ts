// The tap's other door, for tests, `npm run region` and the other region: JSON over loopback. It answers while the region
// itself is stopped or frozen. It asks for a header that no web page can send without asking first.
//
//   GET  /state                         POST /replicate  Copy[] -> CopyOutcome[]
//   POST /stop | /freeze | /start       POST /drained    settles when nothing is unsent
//   POST /lag      { ms }               POST /replication { paused }
//   POST /peer     { controlUrl }       POST /holds { contains } -> { id }    DELETE /holds/:id
//   POST /rules    RuleInput -> { id }  GET /rules    POST /rules/:id/release  /hit { count }  /finished { count }
//   DELETE /rules/:id | /rules

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { httpPeer } from './control-client.ts'
import type { RuleInput } from './faults.ts'
import type { Copy, Hold } from './replication.ts'
import type { Tap } from './tap.ts'

/** What stands behind stop, freeze and start: the tap alone, or the tap with its engine. */
export interface Controlled {
  tap: Tap
  stop(): Promise<void>
  freeze(): Promise<void>
  start(): Promise<void>
  details(): Record<string, unknown>
}

export interface ControlServer {
  readonly url: string
  readonly port: number
  close(): void
}

export async function serveControl(region: Controlled, port = 0): Promise<ControlServer> {
  const { tap } = region
  const holds = new Map<number, Hold>()
  let nextHold = 1

  const describe = () => ({
    region: tap.region,
    url: tap.url,
    state: tap.state,
    unsent: tap.replication.unsent,
    held: tap.replication.held,
    ...tap.traffic,
    rules: tap.rules.list().map(({ id, input, hits, done }) => ({ id, ...input, hits, done })),
    ...region.details(),
  })

  async function route(method: string, path: string[], body: Record<string, unknown>): Promise<unknown> {
    const [what, id, verb] = path
    if (method === 'GET' && what === 'state') return describe()
    if (method === 'GET' && what === 'rules') return describe().rules
    if (what === 'rules' && id !== undefined) {
      const rule = tap.rules.get(Number(id))
      if (!rule) return undefined
      if (method === 'DELETE') rule.remove()
      else if (verb === 'release') rule.release()
      else if (verb === 'hit') await rule.hit(Number(body.count ?? 1))
      else if (verb === 'finished') await rule.finished(Number(body.count ?? 1))
      else return undefined
      return { id: rule.id, hits: rule.hits, done: rule.done }
    }
    if (method === 'DELETE' && what === 'rules') {
      tap.rules.clear()
      return {}
    }
    if (method === 'DELETE' && what === 'holds') {
      holds.get(Number(id))?.release()
      return { released: holds.delete(Number(id)) }
    }
    if (method !== 'POST') return undefined
    switch (what) {
      case 'replicate':
        return tap.receive(body as unknown as Copy[])
      case 'stop':
      case 'freeze':
      case 'start':
        await region[what]()
        return describe()
      case 'lag':
        tap.replication.setLag(Number(body.ms))
        return describe()
      case 'replication':
        if (body.paused) tap.replication.pause()
        else tap.replication.resume()
        return describe()
      case 'peer':
        tap.replication.connect(httpPeer(String(body.controlUrl)))
        return describe()
      case 'drained':
        await tap.replication.drained()
        return describe()
      case 'holds':
        holds.set(nextHold, tap.replication.hold(String(body.contains ?? '')))
        return { id: nextHold++ }
      case 'rules':
        return { id: tap.rules.add(body as unknown as RuleInput).id }
    }
    return undefined
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    if (request.headers['x-tap-control'] === undefined) return answer(response, 403, { message: 'The header x-tap-control is missing.' })
    const path = (request.url ?? '/').split('?')[0]?.split('/').filter(Boolean) ?? []
    try {
      const result = await route(request.method ?? '', path, JSON.parse(Buffer.concat(chunks).toString() || '{}'))
      answer(response, result === undefined ? 404 : 200, result ?? { message: 'There is no such control.' })
    } catch (error) {
      answer(response, 500, { message: error instanceof Error ? error.message : String(error) })
    }
  }

  const server = createServer((request, response) => void handle(request, response))
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
