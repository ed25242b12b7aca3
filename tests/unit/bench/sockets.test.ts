// The load generator over plain sockets: whatever pieces answers come in, each is counted once, and one that does not say
// how long it is, or is cut short, is a failure and no answer.

import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { answerOf, sockets } from '../../../bench/sockets.ts'

let server: Server | undefined
afterEach(() => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve())))

/** Answers each request with what `answer` writes; the requests it got, one text each. */
async function serving(answer: (socket: Socket, request: string) => void): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = []
  server = createServer((socket) => {
    socket.setNoDelay(true).on('error', () => {})
    let text = ''
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const request = text.slice(0, end)
        text = text.slice(end + 4)
        asked.push(request)
        answer(socket, request)
      }
    })
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return { url: `http://127.0.0.1:${port}/file`, asked }
}

/** Until so many answers came: their statuses, and how many connections failed. */
async function load(url: string, connections: number, answers: number, requests: { method?: string; headers?: Record<string, string> }[]) {
  const statuses: number[] = []
  const enough = Promise.withResolvers<void>()
  const driving = sockets({ url, pids: [], connections, warmUpMs: 0, windowMs: 0, requests: () => requests }, (status) => {
    if (statuses.push(status) === answers) enough.resolve()
  })
  if (answers > 0) await enough.promise
  return { statuses, failed: await driving.stop() }
}

test('answers are counted whatever pieces they come in', async () => {
  const answer = `HTTP/1.1 200 OK\r\ncontent-length: 5000\r\nx: 1\r\n\r\n${'x'.repeat(5000)}`
  const { url } = await serving((socket) => {
    // In three writes, the first of which ends within the head.
    socket.write(answer.slice(0, 20))
    setImmediate(() => {
      socket.write(answer.slice(20, 3000))
      setImmediate(() => socket.write(answer.slice(3000)))
    })
  })
  const { statuses, failed } = await load(url, 3, 30, [{}])
  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(failed).toBe(0)
})

test('requests go round with their own fields, and answers to HEAD and 304 have no body', async () => {
  const { url, asked } = await serving((socket, request) =>
    socket.write(
      request.startsWith('HEAD') ? 'HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n' : 'HTTP/1.1 304 Not Modified\r\netag: "a"\r\n\r\n',
    ),
  )
  const { statuses, failed } = await load(url, 1, 4, [{ method: 'HEAD' }, { headers: { 'if-none-match': '"a"' } }])
  expect(statuses.slice(0, 4)).toEqual([200, 304, 200, 304])
  expect(failed).toBe(0)
  const { host } = new URL(url)
  expect(asked.slice(0, 2)).toEqual([`HEAD /file HTTP/1.1\r\nhost: ${host}`, `GET /file HTTP/1.1\r\nhost: ${host}\r\nif-none-match: "a"`])
})

test.each([
  ['does not say its length', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n'],
  ['is no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ['never ends its head', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(4000)}`],
])('an answer that %s is a failed connection', async (_, text) => {
  const closed = Promise.withResolvers<void>()
  const { url } = await serving((socket) => {
    socket.once('close', () => closed.resolve())
    socket.write(text)
  })
  const driving = sockets({ url, pids: [], connections: 1, warmUpMs: 0, windowMs: 0, requests: () => [{}] }, () => {
    throw new Error('counted')
  })
  await closed.promise
  expect(await driving.stop()).toBe(1)
})

test('an answer that is cut short is a failed connection', async () => {
  const { url } = await serving((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nxx'))
  const closed = new Promise<void>((resolve) => server?.once('connection', (socket) => socket.once('close', () => resolve())))
  const driving = sockets({ url, pids: [], connections: 1, warmUpMs: 0, windowMs: 0, requests: () => [{}] }, () => {
    throw new Error('counted')
  })
  await closed
  expect(await driving.stop()).toBe(1)
})

test('a length is read whatever its case, and only where it is a field of its own', () => {
  expect(answerOf('HTTP/1.1 206 Partial Content\r\nCONTENT-LENGTH:7\r\n', false)).toEqual({ status: 206, bodyLength: 7 })
  expect(answerOf('HTTP/1.1 200 OK\r\nx-content-length: 7\r\n', false)).toBeUndefined()
  expect(answerOf('HTTP/1.1 200 OK\r\ncontent-length: 7\r\n', true)).toEqual({ status: 200, bodyLength: 0 })
})

test('requests with bodies are refused', () => {
  expect(() =>
    sockets({ url: 'http://127.0.0.1:1', pids: [], connections: 1, warmUpMs: 0, windowMs: 0, requests: () => [{ body: 'x' }] }, () => {}),
  ).toThrow('without bodies')
})
