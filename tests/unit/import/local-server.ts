// A node:http server on a free port of the loopback, with what it was asked.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  method: string
  path: string
  key: string | undefined
  authorization: string | undefined
  body: unknown
}

export interface LocalServer {
  baseUrl: string
  asked: Asked[]
  close(): Promise<void>
}

export type Answer = { status: number; body?: unknown; headers?: Record<string, string> } | 'drop'

export async function serve(answer: (asked: Asked) => Answer | Promise<Answer>): Promise<LocalServer> {
  const asked: Asked[] = []
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    let text = ''
    for await (const piece of request) text += piece
    const key = request.headers['x-idempotency-key']
    const one: Asked = {
      method: request.method ?? '',
      path: request.url ?? '',
      key: typeof key === 'string' ? key : undefined,
      authorization: request.headers.authorization,
      body: text === '' ? undefined : JSON.parse(text),
    }
    asked.push(one)
    const reply = await Promise.resolve(one)
      .then(answer)
      .catch((error): Answer => ({ status: 418, body: { detail: String(error) } }))
    if (reply === 'drop') {
      request.socket.destroy()
      return
    }
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
    response.end(reply.body === undefined ? '' : JSON.stringify(reply.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A clock that only sleeping moves; sleeping takes no time. */
export function clock(startMs = 1_700_000_000_000) {
  let nowMs = startMs
  const slept: number[] = []
  return {
    slept,
    now: () => nowMs,
    sleep: async (ms: number) => {
      slept.push(ms)
      nowMs += ms
    },
  }
}

/** An unsigned token: the client reads `exp` and nothing else. */
export const tokenUntil = (expiresAtMs: number, name = 'token'): string =>
  `${name}.${Buffer.from(JSON.stringify({ exp: Math.floor(expiresAtMs / 1000) })).toString('base64url')}.x`
