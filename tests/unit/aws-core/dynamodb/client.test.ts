// What the client makes of a real server that refuses, hangs, resets, fails and throttles.

import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { type DynamoClientSettings, dynamoClient, pauseMs } from '../../../../aws-core/dynamodb/client.ts'
import { createSigner } from '../../../../aws-core/signer.ts'
import { freePort } from './local-dynamo.ts'

const open: { server: Server; sockets: Set<Socket> }[] = []
afterEach(async () => {
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  open.push({ server, sockets })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const http = (listener: RequestListener) => listen(createHttpServer(listener))
const tcp = (connected: (socket: Socket) => void) => listen(createServer(connected))

/** Answers each request with the next of `answers`, and the last of them for ever. */
async function answering(...answers: [status: number, body: unknown][]) {
  let asked = 0
  const endpoint = await http((request, response) => {
    const [status, body] = answers[Math.min(asked, answers.length - 1)] as [number, unknown]
    asked += 1
    request.resume().on('end', () => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': 'REQ1' })
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    })
  })
  return { endpoint, asked: () => asked }
}

const named = (type: string, more: object = {}) => ({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'why', ...more })
const reasons = (...codes: string[]) => named('TransactionCanceledException', { CancellationReasons: codes.map((Code) => ({ Code })) })

function client(endpoint: string, settings: Partial<DynamoClientSettings> = {}) {
  const signer = createSigner({ accessKeyId: 'local', secretAccessKey: 'local', service: 'dynamodb', region: 'eu-west-1', now: Date.now })
  const defaults = { region: 'eu-west-1', endpoint, signer, fetch, timeoutMs: 5_000, random: () => 0.5, sleep: async () => {} }
  return dynamoClient({ ...defaults, ...settings })
}

const outcome = async (endpoint: string, settings?: Partial<DynamoClientSettings>) => {
  const sent = await client(endpoint, settings).send('GetItem', { TableName: 't' })
  return sent.ok ? 'ok' : sent.error.code
}

describe('the network', () => {
  test('a refused connection and an unknown name were never sent', async () => {
    expect(await outcome(`http://127.0.0.1:${await freePort()}/`)).toBe('dynamo/unavailable')
    expect(await outcome('http://laurel.invalid/')).toBe('dynamo/unavailable')
  })

  test('a server that takes the request and hangs: unknown, at the deadline', async () => {
    const startedMs = performance.now()
    expect(await outcome(await http(() => {}), { timeoutMs: 80 })).toBe('dynamo/unknown_outcome')
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(75)
  })

  test('the deadline of one call overrides the client', async () => {
    const sent = await client(await http(() => {})).send('GetItem', {}, { timeoutMs: 50 })
    expect(sent).toMatchObject({ ok: false, error: { code: 'dynamo/unknown_outcome' } })
  })

  const breaks: [string, (socket: Socket) => void][] = [
    ['resets on the request', (socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['closes on the request', (socket) => socket.once('data', () => socket.end())],
    ['breaks off in the answer', (socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"a":'))],
    ['talks no HTTP', (socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))],
    ['hangs in the answer', (socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"a":'))],
  ]
  test.each(breaks)('a server that %s: unknown', async (_, connected) => {
    expect(await outcome(await tcp(connected), { timeoutMs: 200 })).toBe('dynamo/unknown_outcome')
  })

  test('a rejection that proves nothing, as in workerd: unknown', async () => {
    const lost = async () => {
      throw Object.assign(new Error('Network connection lost.'), { retryable: true, remote: true })
    }
    expect(await outcome('http://127.0.0.1:1/', { fetch: lost })).toBe('dynamo/unknown_outcome')
  })
})

describe('answers', () => {
  const cases: [string, number, unknown, string, number][] = [
    ['an output', 200, { Item: {} }, 'ok', 1],
    ['a 200 that is not JSON', 200, '<html>', 'dynamo/unknown_outcome', 1],
    ['a redirect', 302, '', 'dynamo/unknown_outcome', 1],
    ['InternalServerError', 500, named('InternalServerError'), 'dynamo/unknown_outcome', 1],
    ['ServiceUnavailable', 503, named('ServiceUnavailable'), 'dynamo/unknown_outcome', 1],
    ["a middleman's 502", 502, '<html>Bad Gateway</html>', 'dynamo/unknown_outcome', 1],
    ['ThrottlingException', 400, named('ThrottlingException'), 'dynamo/unavailable', 4],
    ['ProvisionedThroughputExceededException', 400, named('ProvisionedThroughputExceededException'), 'dynamo/unavailable', 4],
    ['RequestLimitExceeded', 400, named('RequestLimitExceeded'), 'dynamo/unavailable', 4],
    ['a throttling 503', 503, named('ThrottlingException'), 'dynamo/unavailable', 4],
    [
      'TransactionInProgressException: an earlier send is under way',
      400,
      named('TransactionInProgressException'),
      'dynamo/unknown_outcome',
      4,
    ],
    ['a transaction cancelled by another', 400, reasons('TransactionConflict', 'None'), 'dynamo/unknown_outcome', 4],
    ['a transaction cancelled by throttling', 400, reasons('None', 'ThrottlingError'), 'dynamo/unavailable', 4],
    ['a transaction cancelled by a condition', 400, reasons('None', 'ConditionalCheckFailed'), 'dynamo/transaction_cancelled', 1],
    ['a condition and a conflict', 400, reasons('TransactionConflict', 'ConditionalCheckFailed'), 'dynamo/transaction_cancelled', 1],
    ['a transaction that is not valid', 400, reasons('ValidationError', 'None'), 'dynamo/refused', 1],
    ['a cancelled transaction without reasons', 400, named('TransactionCanceledException'), 'dynamo/refused', 1],
    ['ConditionalCheckFailedException', 400, named('ConditionalCheckFailedException'), 'dynamo/condition_failed', 1],
    ['ValidationException', 400, named('ValidationException'), 'dynamo/refused', 1],
    ['AccessDeniedException', 400, named('AccessDeniedException'), 'dynamo/refused', 1],
    ['UnrecognizedClientException', 400, named('UnrecognizedClientException'), 'dynamo/refused', 1],
    ['a 400 of nobody known', 400, 'Bad Request', 'dynamo/refused', 1],
  ]
  test.each(cases)('%s', async (_, status, body, code, asked) => {
    const server = await answering([status, body])
    expect(await outcome(server.endpoint)).toBe(code)
    expect(server.asked()).toBe(asked)
  })

  test('a cancelled transaction gives a reason for each part, and what stood there', async () => {
    const listed = [{ Code: 'None' }, { Code: 'ConditionalCheckFailed', Message: 'x', Item: { head: { S: 'h' } } }]
    const server = await answering([400, named('TransactionCanceledException', { CancellationReasons: listed })])
    const sent = await client(server.endpoint).send('TransactWriteItems', {})
    const expected = [{ code: 'None' }, { code: 'ConditionalCheckFailed', item: { head: { S: 'h' } } }]
    expect(sent).toEqual({ ok: false, error: { code: 'dynamo/transaction_cancelled', reasons: expected } })
  })

  test('a refusal names its type and the request', async () => {
    const server = await answering([400, named('ValidationException')])
    const sent = await client(server.endpoint).send('GetItem', {})
    expect(sent).toEqual({
      ok: false,
      error: { code: 'dynamo/refused', type: 'ValidationException', detail: 'ValidationException, HTTP 400, request REQ1: why' },
    })
  })
})

describe('sending again', () => {
  test('throttled twice, then served: the same bytes, after full-jitter pauses', async () => {
    const throttled: [number, unknown] = [400, named('ThrottlingException')]
    const server = await answering(throttled, throttled, [200, { Count: 1 }])
    const pauses: number[] = []
    const bodies: string[] = []
    const settings: Partial<DynamoClientSettings> = {
      sleep: async (ms) => void pauses.push(ms),
      fetch: async (request, init) => {
        bodies.push(await request.clone().text())
        return fetch(request, init)
      },
    }
    expect(await client(server.endpoint, settings).send('Query', { a: 1 })).toEqual({ ok: true, value: { Count: 1 } })
    expect(bodies).toEqual(['{"a":1}', '{"a":1}', '{"a":1}'])
    expect(pauses).toEqual([25, 50])
  })

  test('a pause is anywhere from nothing to what doubling allows, and capped', () => {
    expect([1, 2, 3, 4, 5, 20].map((attempt) => pauseMs(attempt, () => 1))).toEqual([50, 100, 200, 400, 400, 400])
    expect(pauseMs(3, () => 0)).toBe(0)
  })

  test('throttled after a conflict is still unknown: an earlier send was seen under way', async () => {
    const server = await answering([400, reasons('TransactionConflict')], [400, named('ThrottlingException')])
    expect(await outcome(server.endpoint)).toBe('dynamo/unknown_outcome')
  })

  test('the deadline ends the pauses', async () => {
    const server = await answering([400, named('ThrottlingException')])
    expect(await outcome(server.endpoint, { timeoutMs: 100, sleep: () => new Promise(() => {}) })).toBe('dynamo/unavailable')
    expect(server.asked()).toBe(1)
  })
})

describe('connections', () => {
  test('no more than its own at once; the rest wait in line', async () => {
    let under = 0
    let most = 0
    const held: (() => void)[] = []
    const endpoint = await http((_, response) => {
      under += 1
      most = Math.max(most, under)
      held.push(() => {
        under -= 1
        response.end('{}')
      })
      if (held.length === 2) for (const release of held.splice(0)) release()
    })
    const one = client(endpoint, { maxConcurrent: 2 })
    const sent = await Promise.all(Array.from({ length: 8 }, () => one.send('GetItem', {})))
    expect(sent.every((each) => each.ok)).toBe(true)
    expect(most).toBe(2)
  })

  test('who waits past the deadline was never sent, and leaves the line', async () => {
    let asked = 0
    const endpoint = await http((_, response) => {
      asked += 1
      if (asked > 1) response.end('{}')
    })
    const one = client(endpoint, { maxConcurrent: 1 })
    const [hung, waited] = await Promise.all([one.send('GetItem', {}, { timeoutMs: 200 }), one.send('GetItem', {}, { timeoutMs: 50 })])
    expect(hung).toMatchObject({ ok: false, error: { code: 'dynamo/unknown_outcome' } })
    expect(waited).toMatchObject({ ok: false, error: { code: 'dynamo/unavailable' } })
    expect(await one.send('GetItem', {})).toEqual({ ok: true, value: {} })
    expect(asked).toBe(2)
  })
})

test('a request is signed, typed and targeted', async () => {
  const seen: Record<string, unknown>[] = []
  const endpoint = await http((request, response) => {
    seen.push({ method: request.method, ...request.headers })
    response.end('{}')
  })
  await client(endpoint).send('GetItem', {})
  expect(seen[0]).toMatchObject({
    method: 'POST',
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'DynamoDB_20120810.GetItem',
    authorization: expect.stringContaining('/eu-west-1/dynamodb/aws4_request'),
  })
})
