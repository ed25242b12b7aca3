// Load over plain sockets, for answers whose bytes are the point. autocannon reads a body in pieces, and was the limit at
// some thirty answers of 1 MiB a second where this one took four thousand from the same nginx: all connections read into one
// buffer, only an answer's head is looked at, and its body is counted off by the length that the head says.
//
// So an answer must say its length: one that is chunked, or that ends early, counts as a failed connection. Requests are
// fixed texts; what would have to be made for each (a body, `setupRequest`) is refused.

import { connect, type Socket } from 'node:net'
import type { CannonRequest } from 'autocannon'
import type { Driver } from './load.ts'

const bufferBytes = 256 * 1024
/** A head is looked for in pieces of this: most are shorter, and what follows is body and none of our business. */
const headPiece = 2 * 1024
const headAtMost = 16 * 1024
/** For the last answers, once the load is over. */
const drainsWithinMs = 10_000

export const sockets: Driver = (load, onAnswer) => {
  const url = new URL(load.url)
  const buffer = Buffer.allocUnsafe(bufferBytes)
  const running = Array.from({ length: load.connections }, (_, connection) =>
    keepBusy(
      url,
      buffer,
      load.requests(connection).map((request) => written(request, url)),
      onAnswer,
    ),
  )
  return {
    async stop() {
      const failed = await Promise.all(running.map(({ stop }) => stop()))
      return failed.filter(Boolean).length
    },
  }
}

interface Written {
  text: string
  /** The answer has no body, whatever length it says. */
  isHead: boolean
}

function written({ method = 'GET', path, headers = {}, body, setupRequest, onResponse }: CannonRequest, url: URL): Written {
  if (body !== undefined || setupRequest || onResponse) throw new Error('plain sockets send fixed requests without bodies')
  const lines = Object.entries({ host: url.host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return { text: `${method} ${path ?? url.pathname + url.search} HTTP/1.1\r\n${lines.join('')}\r\n`, isHead: method === 'HEAD' }
}

interface Busy {
  /** After the answer that is under way; whether the connection failed before. */
  stop(): Promise<boolean>
}

function keepBusy(url: URL, buffer: Buffer, requests: Written[], onAnswer: (status: number, milliseconds: number) => void): Busy {
  let sent = 0
  let sentAt = 0
  let status = 0
  let head = ''
  let isInBody = false
  let bodyLeft = 0
  let isStopping = false
  let hasFailed = false
  const ended = Promise.withResolvers<void>()

  const next = () => {
    if (isStopping) return void socket.end()
    sentAt = performance.now()
    socket.write((requests[sent++ % requests.length] as Written).text, 'latin1')
  }
  const answered = () => {
    isInBody = false
    onAnswer(status, performance.now() - sentAt)
    next()
  }
  const fail = () => {
    hasFailed = true
    socket.destroy()
  }
  const read = (count: number): boolean => {
    for (let at = 0; at < count; ) {
      if (isInBody) {
        const taken = Math.min(bodyLeft, count - at)
        at += taken
        bodyLeft -= taken
        if (bodyLeft === 0) answered()
        continue
      }
      const before = head.length
      const pieceEnd = Math.min(count, at + headPiece)
      head += buffer.toString('latin1', at, pieceEnd)
      const end = head.indexOf('\r\n\r\n')
      if (end < 0 && head.length <= headAtMost) {
        at = pieceEnd
        continue
      }
      at += end + 4 - before
      const { isHead } = requests[(sent - 1) % requests.length] as Written
      const said = end < 0 ? undefined : answerOf(head.slice(0, end + 2), isHead)
      head = ''
      if (!said) {
        fail()
        return true
      }
      status = said.status
      bodyLeft = said.bodyLength
      isInBody = bodyLeft > 0
      if (!isInBody) answered()
    }
    return true
  }

  const socket: Socket = connect({ host: url.hostname, port: Number(url.port), onread: { buffer, callback: read } })
  socket.setNoDelay(true)
  socket.once('connect', next)
  socket.once('error', fail)
  socket.once('close', () => {
    if (!isStopping) hasFailed = true
    ended.resolve()
  })
  return {
    async stop() {
      isStopping = true
      const late = setTimeout(fail, drainsWithinMs)
      await ended.promise
      clearTimeout(late)
      return hasFailed
    },
  }
}

/** Undefined where the head does not say how long the body is. */
export function answerOf(head: string, isHead: boolean): { status: number; bodyLength: number } | undefined {
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1])
  const length = /\r\ncontent-length: *(\d+) *\r\n/i.exec(head)?.[1]
  if (Number.isNaN(status)) return undefined
  if (isHead || status === 204 || status === 304) return { status, bodyLength: 0 }
  return length === undefined ? undefined : { status, bodyLength: Number(length) }
}
