// A client that sends a request with its key until it has an answer, as the platform asks of clients: a connection that
// broke is tried again once the platform is there, a 503 after its Retry-After. Node's own HTTP with kept connections:
// at thousands of requests a second, fetch would take the processor that the platform needs.

import { Agent, type IncomingHttpHeaders, request } from 'node:http'

export interface Ask {
  method: string
  path: string
  headers: Record<string, string>
  body?: string
}

export interface Reply {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

export interface InsistentClient {
  /** The first answer that is neither a broken connection nor a 503. */
  send(ask: Ask): Promise<Reply>
  /** How often a request had to be sent again, by reason. */
  readonly again: { broken: number; unavailable: number }
  close(): void
}

export function insistentClient(baseUrl: string, connections: number): InsistentClient {
  // `localhost` would be looked up for each connection; the platform listens here.
  const { port } = new URL(baseUrl)
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'fifo' })
  const again = { broken: 0, unavailable: 0 }
  let coming: Promise<void> | undefined

  const once = ({ method, path, headers, body }: Ask): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const sized = body === undefined ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) }
      const sent = request({ agent, host: '127.0.0.1', port, method, path, headers: sized }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') }),
        )
      })
      sent.on('error', reject)
      sent.end(body)
    })

  /** One look for all who wait. */
  async function untilThere(): Promise<void> {
    const ready: Ask = { method: 'GET', path: '/health/ready', headers: {} }
    for (const deadline = Date.now() + 60_000; ; ) {
      const status = await once(ready).then(
        (reply) => reply.status,
        () => 0,
      )
      if (status > 0) return
      if (Date.now() > deadline) throw new Error('The platform did not come back within a minute.')
      await pause(25)
    }
  }

  return {
    again,
    close: () => agent.destroy(),
    async send(ask) {
      for (;;) {
        const reply = await once(ask).catch(() => null)
        if (reply === null) {
          again.broken += 1
          coming ??= untilThere().finally(() => {
            coming = undefined
          })
          await coming
        } else if (reply.status === 503) {
          again.unavailable += 1
          await pause(Number(reply.headers['retry-after']) * 1000)
        } else return reply
      }
    },
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
